from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.timezone import localtime

from accounts import audit, keys
from accounts.models import (
    ApiKey,
    AuditRecord,
    Heartbeat,
    Identity,
    OutgoingMail,
    Passkey,
    SignIn,
    User,
)
from newsnotify.lib.admin import LargeAdmin, LookingOnly
from newsnotify.lib.fields import digest

admin.site.unregister(Group)


def pks_of(term: str) -> list[int]:
    """Find the users that have this e-mail address, external id or number."""
    term = term.strip()
    found = Q(email=term.lower()) | Q(external_key=digest(term))
    if term.isascii() and term.isdecimal() and len(term) < 19:
        found |= Q(pk=int(term))
    return list(User.objects.filter(found).values_list("pk", flat=True))


class OfUserAdmin(LargeAdmin[Any]):
    """Rows of a user, searched by the user alone: an index answers, however many there are."""

    search_fields = ("user",)
    search_help_text = "A user's whole e-mail address, external id or number"
    raw_id_fields: ClassVar[tuple[str, ...]] = ("user",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (queryset.filter(user__in=pks_of(search_term)) if search_term else queryset), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related(*self.raw_id_fields)


@admin.register(SignIn)
class SignInAdmin(LookingOnly, OfUserAdmin):
    list_display = ("user", "device", "address", "created_at", "last_used_at", "ended_at")


@admin.register(Identity)
class IdentityAdmin(LookingOnly, OfUserAdmin):
    list_display = ("user", "issuer", "subject", "created_at", "last_used_at")


@admin.register(Passkey)
class PasskeyAdmin(LookingOnly, OfUserAdmin):
    list_display = ("user", "name", "created_at", "last_used_at")


@admin.register(AuditRecord)
class AuditRecordAdmin(LookingOnly, OfUserAdmin):
    list_display = ("moment", "action", "who", "address", "more")
    list_filter = ("action",)
    search_fields = ("subject",)
    raw_id_fields = ("actor", "subject")

    @admin.display(description="at")
    def moment(self, record: AuditRecord) -> str:
        return f"{localtime(record.at):%Y-%m-%d %H:%M:%S}"

    @admin.display(description="who")
    def who(self, record: AuditRecord) -> str:
        by_another = record.actor if record.actor != record.subject else None
        return ", by ".join(str(user) for user in (record.subject, by_another) if user) or "nobody"

    @admin.display(description="details")
    def more(self, record: AuditRecord) -> str:
        return ", ".join(
            f"{name.replace('_', ' ')}: {told}" for name, told in record.detail.items()
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if search_term:
            pks = pks_of(search_term)
            queryset = queryset.filter(Q(actor__in=pks) | Q(subject__in=pks))
        return queryset, False


@admin.register(OutgoingMail)
class OutgoingMailAdmin(LookingOnly, OfUserAdmin):
    list_display = ("kind", "address", "user", "state", "reason", "attempts", "due_at")
    list_filter = ("state", "kind")
    exclude = ("lease",)


@admin.register(Heartbeat)
class HeartbeatAdmin(LookingOnly, admin.ModelAdmin[Heartbeat]):
    list_display = ("process", "playing", "beaten_at")
    ordering = ("process",)
    fields = ("process", "parts", "beaten_at")

    @admin.display(description="plays")
    def playing(self, heartbeat: Heartbeat) -> str:
        return ", ".join(heartbeat.parts)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Heartbeat]:
        return super().get_queryset(request).defer("counts")


@admin.register(LogEntry)
class LogEntryAdmin(LookingOnly, OfUserAdmin):
    list_display = ("action_time", "user", "content_type", "object_repr", "change_message")
    list_filter = ("action_flag",)
    list_select_related = ("content_type",)


@admin.register(ApiKey)
class ApiKeyAdmin(LookingOnly, admin.ModelAdmin[ApiKey]):
    list_display = ("name", "scopes", "created_at", "expires_at", "last_used_at")
    search_fields = ("name",)
    exclude = ("secret",)

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return True  # ends the key; keys are made by the API, which shows them once

    def delete_model(self, request: HttpRequest, obj: ApiKey) -> None:
        keys.delete(obj, by=audit.caller(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for row in queryset:
            self.delete_model(request, row)
