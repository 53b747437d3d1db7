"""The same on the pages."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import View

from accounts.views import SignedInMixin
from news.opml_api import as_file
from news.source_lists import Imported
from newsnotify.lib.throttling import spend
from subscriptions.opml import LIMIT, export_opml, import_opml

SHOWN = 3  # failures


class OpmlForm(forms.Form):
    file = forms.FileField()


class ExportView(SignedInMixin, View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return as_file(export_opml(user=self.user, now=now()))


class ImportView(SignedInMixin, View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return redirect("subscriptions")  # signing in on the way to post ends here

    def post(self, request: HttpRequest) -> HttpResponse:
        spend(request, LIMIT, str(self.user.pk))
        form = OpmlForm(request.POST, request.FILES)
        try:
            if not form.is_valid():
                raise ValidationError(_("Choose an OPML file first."))
            file: UploadedFile[bytes] = form.cleaned_data["file"]
            self._tell(import_opml(user=self.user, markup=file.read()))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect("subscriptions")

    def _tell(self, done: Imported) -> None:
        text = ngettext("%(n)d new subscription.", "%(n)d new subscriptions.", done.added)
        messages.success(self.request, text % {"n": done.added})
        for failure in done.failed[:SHOWN]:
            messages.error(self.request, f"{failure['url'][:200]}: {failure['reason']}")
        if len(done.failed) > SHOWN:
            rest = len(done.failed) - SHOWN
            text = ngettext("%(n)d more is no feed.", "%(n)d more are no feeds.", rest)
            messages.error(self.request, text % {"n": rest})
