"""The audit log: what happened to the safety of the house, kept for a year, without secrets."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import ApiKey, AuditRecord, User
from newsnotify.lib.client_address import client_address

Action = AuditRecord.Action
KEEP = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, and from where; nobody where the operator does it by a command."""

    user: User | None = None
    address: str = ""
    key: ApiKey | None = None


OPERATOR = By()


def caller(request: HttpRequest | Request) -> By:
    """Tell who calls, as far as the request says it."""
    plain = request._request if isinstance(request, Request) else request
    user, auth = getattr(request, "user", None), getattr(request, "auth", None)
    return By(
        user=user if isinstance(user, User) else None,
        address=client_address(plain),
        key=auth if isinstance(auth, ApiKey) else None,
    )


def record(
    action: Action, by: By, subject: User | None = None, **detail: str | int | list[str]
) -> None:
    """Write down what was done to `subject`; `detail` is shown to admins as it is."""
    if by.key:
        detail["key"] = by.key.pk
    if by is OPERATOR:
        detail["by"] = "the operator, by a command"
    AuditRecord.objects.create(
        action=action, actor=by.user, subject=subject, address=by.address, detail=detail
    )


def forget(user: User) -> None:
    """Leave nothing in the log of an account that goes: neither his doings nor his addresses."""
    AuditRecord.objects.filter(subject=user).delete()
    AuditRecord.objects.filter(actor=user).update(address="")


def prune(now: datetime) -> int:
    """Forget what is older than a year. Returns how many."""
    return AuditRecord.objects.filter(at__lt=now - KEEP).delete()[0]
