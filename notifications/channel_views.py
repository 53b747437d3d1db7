"""`/settings/channels`: where a person is reached besides the inbox, and the links in letters."""

from abc import ABC, abstractmethod
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView

from accounts import credentials
from accounts.views import SignedInMixin
from notifications import channels, proofs, unsubscribing
from notifications.channel_forms import CHATS, ENTRIES, ChannelForm, CodeForm, addable
from notifications.models import Channel
from notifications.transports.registry import offered


@method_decorator(never_cache, name="dispatch")
class ChannelsView(SignedInMixin, TemplateView):
    template_name = "notifications/channels.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = Channel.objects.filter(user=self.user).order_by("-is_account", "pk")
        context = {"channels": mine, "forms": addable(), "chats": CHATS}
        return super().get_context_data(**{**context, **kwargs})

    def post(self, request: HttpRequest) -> HttpResponse:
        kind = request.POST.get("kind", "")
        if kind not in ENTRIES or kind not in offered():
            raise Http404
        form = ChannelForm(request.POST, kind=kind)
        if form.is_valid():
            try:
                return self._add(form)
            except ValidationError as error:
                form.refuse(error)
        context = self.get_context_data(forms=addable(form))
        return self.render_to_response(context, status=400)

    def _add(self, form: ChannelForm) -> HttpResponse:
        channel, once = channels.add(
            user=self.user,
            kind=form.kind,
            given=form.given,
            label=form.cleaned_data["label"],
            now=now(),
        )
        if once:  # shown in this answer and never again
            return self.render_to_response(self.get_context_data(shown_once=(channel, once)))
        if channel.verified_at is None:
            text = _("We sent a code to %(address)s. Enter it here, and that is all.")
            messages.success(self.request, text % {"address": channel.address})
        else:
            messages.success(self.request, _("Added. Send a test to see that it works."))
        return redirect("channels")


class OneChannelView(ChannelsView, ABC):
    """Something is done to one channel, after which the page shows what came of it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("channels")  # signing in on the way to post ends here

    def post(self, request: HttpRequest, pk: int = 0) -> HttpResponse:
        channel = get_object_or_404(Channel, pk=pk, user=self.user)
        return self.act(channel) or redirect("channels")

    @abstractmethod
    def act(self, channel: Channel) -> HttpResponse | None:
        """Do it; an answer of its own is shown instead of the page."""


class CodeView(OneChannelView):
    def act(self, channel: Channel) -> HttpResponse | None:
        form = CodeForm(self.request.POST)
        if form.is_valid():
            try:
                proofs.prove(channel, form.cleaned_data["code"], now())
            except proofs.ProofError as error:
                form.add_error("code", error)
            else:
                messages.success(self.request, _("Verified. Notifications go there from now on."))
                return None
        context = self.get_context_data(refused=channel.pk, code_form=form)
        return self.render_to_response(context, status=400)


class AskView(OneChannelView):
    def act(self, channel: Channel) -> None:
        if channel.verified_at:
            return
        if channel.is_account:
            credentials.ask_verification(user=self.user)
            messages.success(self.request, _("A letter is on its way."))
        else:
            proofs.ask(channel, now())
            messages.success(self.request, _("Another code is on its way."))


class TestView(OneChannelView):
    def act(self, channel: Channel) -> None:
        if channel.is_enabled and channel.verified_at:
            channels.test(channel=channel, now=now())
            messages.success(self.request, _("A test is on its way; your inbox has it, too."))


class SwitchView(OneChannelView):
    def act(self, channel: Channel) -> None:
        channels.change(channel=channel, enabled="on" in self.request.POST)


class SecretView(OneChannelView):
    def act(self, channel: Channel) -> HttpResponse | None:
        if channel.kind != Channel.Kind.WEBHOOK:
            return None
        once = {"secret": channels.rotate_secret(channel=channel, now=now())}
        return self.render_to_response(self.get_context_data(shown_once=(channel, once)))


class RemoveView(OneChannelView):
    def act(self, channel: Channel) -> None:
        try:
            channels.remove(channel=channel, actor=f"user {self.user.pk}", now=now())
        except channels.BelongsToAccountError as error:
            messages.error(self.request, error.messages[0])
        else:
            messages.success(self.request, _("Removed."))


@method_decorator(login_not_required, name="dispatch")
@method_decorator(never_cache, name="dispatch")
class LinkView(TemplateView, ABC):
    """Behind a link in a letter, also without signing in. Looking at it does nothing: what looks
    may be a program that reads letters ahead of people."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._answer(is_done=False)

    def post(self, request: HttpRequest) -> HttpResponse:
        return self._answer(is_done=True)

    def _answer(self, *, is_done: bool) -> HttpResponse:
        token = self.request.GET.get("token", "")
        try:
            channel = self.act(token) if is_done else self.find(token)
        except (unsubscribing.LinkError, proofs.ProofError):
            return self.render_to_response(self.get_context_data(is_over=True), status=400)
        return self.render_to_response(self.get_context_data(channel=channel, is_done=is_done))

    @abstractmethod
    def find(self, token: str) -> Channel:
        """Tell what the link is about; raises LinkError or ProofError."""

    @abstractmethod
    def act(self, token: str) -> Channel:
        """Do what it says; raises LinkError or ProofError."""


class VerifyByLinkView(LinkView):
    template_name = "notifications/verify_channel.html"

    def find(self, token: str) -> Channel:
        return proofs.channel_of(token, now())

    def act(self, token: str) -> Channel:
        return proofs.prove_by_link(token, now())


@method_decorator(csrf_exempt, name="dispatch")  # mail programs post it, RFC 8058
class StopView(LinkView):
    template_name = "notifications/stop_channel.html"

    def find(self, token: str) -> Channel:
        return unsubscribing.channel_of(token)

    def act(self, token: str) -> Channel:
        channel = unsubscribing.channel_of(token)
        unsubscribing.stop(channel)
        return channel
