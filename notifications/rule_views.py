"""Buttons of the subscription centre that reach into the inbox."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import View

from accounts.views import SignedInMixin
from newsnotify.lib.throttling import spend
from notifications.applying import apply_rule, undo
from notifications.rules_api import LIMIT
from subscriptions.rules import rules_of


class ApplyRuleView(SignedInMixin, View):
    """Apply a rule to the inbox, or take that back."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return redirect("subscriptions")  # signing in on the way to post ends here

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        rule = get_object_or_404(rules_of(self.user), pk=pk)
        spend(request, LIMIT, str(self.user.pk))
        if "undo" in request.POST:
            count = undo(rule=rule, now=now())
            text = ngettext("%(n)d notification put back.", "%(n)d notifications put back.", count)
        else:
            count = len(apply_rule(rule=rule, now=now()).changes)
            text = ngettext("%(n)d notification changed.", "%(n)d notifications changed.", count)
        said = text % {"n": count} if count else _("There was nothing to change.")
        messages.success(request, said)
        return redirect("subscriptions")
