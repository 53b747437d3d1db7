"""Verbs over channels."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from newsnotify.lib.sealing import SealError, resealed, seal
from notifications import posting, proofs, reach
from notifications.looking import Verdict
from notifications.models import Channel, Delivery, Kind, Notification
from notifications.posting import Producer
from notifications.recording import changed_by_verdict, record
from notifications.transports import registry, webhook

MOST = 50  # channels of a user
BATCH = 500


class BelongsToAccountError(ValidationError):
    """The account's own address can be switched off, and goes with the account."""


@transaction.atomic
def add(
    *, user: User, kind: str, given: Mapping[str, Any], label: str = "", now: datetime
) -> tuple[Channel, Mapping[str, str]]:
    """Add a channel. Returns it with what is shown of it this once.

    Raises ValidationError by field, and TooMany where too many codes were asked for.
    """
    transport = registry.offered().get(kind)
    if transport is None:
        known = ", ".join(sorted(registry.offered()))
        why = _("There is no kind '%(kind)s' here, only %(known)s.")
        raise ValidationError({"kind": why % {"kind": kind[:50], "known": known}})
    address = transport.clean(given)
    mine = Channel.objects.filter(user=user)
    if transport.needs_proof and mine.filter(kind=kind, address=address.shown).exists():
        raise ValidationError({"address": _("You have this channel already.")})
    if mine.count() >= MOST:
        why = _("You have %(n)s channels; delete one first.")
        raise ValidationError({"kind": why % {"n": MOST}})
    channel = Channel.objects.create(
        user=user,
        kind=kind,
        label=label,
        address=address.shown,
        provider=address.provider,
        sealed=seal(address.sealed),
        verified_at=None if transport.needs_proof else now,
    )
    if transport.needs_proof:
        proofs.ask(channel, now)
    return channel, address.once


@transaction.atomic
def change(*, channel: Channel, label: str | None = None, enabled: bool | None = None) -> None:
    """Change what a channel is called, or switch it; switched on it has a fresh start."""
    if label is not None:
        channel.label = label
    if enabled is not None:
        channel.is_enabled, channel.disabled_reason = enabled, ""
    if enabled:
        channel.failing_since, channel.last_error = None, ""
    channel.save(
        update_fields=["label", "is_enabled", "disabled_reason", "failing_since", "last_error"]
    )


def remove(*, channel: Channel, actor: str, now: datetime) -> None:
    """Delete a channel; what was on its way there is cancelled. Raises BelongsToAccountError."""
    if channel.is_account:
        raise BelongsToAccountError(_("This is your account's address; switch the channel off."))
    verdict = Verdict(Delivery.State.CANCELLED, "channel deleted")
    Channel.objects.filter(pk=channel.pk).update(is_enabled=False)  # nothing is added any more
    waiting = Delivery.objects.filter(channel=channel, due_at__isnull=False).order_by("pk")
    while rows := list(waiting[:BATCH]):
        record([changed_by_verdict(row, verdict, actor) for row in rows], now)
    channel.delete()


@transaction.atomic
def rotate_secret(*, channel: Channel, now: datetime) -> str:
    """Give a webhook a new secret, which is returned; the former one signs along for a day."""
    if channel.kind != Channel.Kind.WEBHOOK:
        raise ValidationError(_("Only webhooks have a secret."))
    channel = Channel.objects.select_for_update().get(pk=channel.pk)
    address = webhook.rotated(channel.opened, now)
    Channel.objects.filter(pk=channel.pk).update(sealed=seal(address))
    secret: str = address["secrets"][0]
    return secret


@transaction.atomic
def test(*, channel: Channel, now: datetime) -> Notification:
    """Send a notification to this channel alone, by the way that all take; it is in the inbox."""
    name = channel.label or channel.address
    fields = {
        "title": _("A test of your channel"),
        "message": _("If you read this at {name}, it works.").format(name=name),
        "kind": Kind.IN_APP,
        "category": "update",
        "priority": "critical",  # quiet hours are no reason to wait: somebody looks for it now
    }
    row = posting.notify(producer=Producer(), user=channel.user, fields=fields, now=now)
    reach.make_on(row, [channel], now)
    return row


def reseal() -> tuple[int, int]:
    """Seal the secrets of all channels with the present key. Returns how many, and how many
    could not be read."""
    done = lost = 0
    sealed = Channel.objects.exclude(sealed="").values_list("pk", "sealed")
    for pk, text in sealed.iterator(BATCH):
        try:
            done += Channel.objects.filter(pk=pk, sealed=text).update(sealed=resealed(text))
        except SealError:
            lost += 1
    return done, lost


def follow_account(user: User) -> None:
    """Keep the channel of an account's own address in step with the account."""
    if not user.email or user.external_id:
        return
    held = {"address": user.email, "verified_at": user.email_verified_at}
    mine = Channel.objects.filter(user=user, is_account=True)
    if not mine.update(**held):
        Channel.objects.create(
            user=user, kind=Channel.Kind.EMAIL, provider="email", is_account=True, **held
        )
