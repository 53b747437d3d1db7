from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from accounts import services
from accounts.models import ApiKey, Heartbeat, TokenFamily, User
from newsnotify.lib.admin import BriefDeletion, LargeAdmin, LookingOnly
from newsnotify.lib.fields import digest

admin.site.unregister(Group)


class UserForm(ModelForm[User]):
    def clean(self) -> dict[str, Any]:
        """Ask for what the service would refuse, while there is a form to say it in."""
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["email"] = (cleaned.get("email") or "").lower() or None
        services.check_change(user=self.instance, **cleaned)
        return cleaned


@admin.register(User)
class UserAdmin(BriefDeletion, LargeAdmin[User]):
    form = UserForm
    list_display = ("__str__", "name", "role", "is_active", "created_at")
    list_filter = ("role", "is_active")
    search_fields = ("^email",)
    search_help_text = "The beginning of an e-mail address, or a whole external id or number"
    fields = ("email", "name", "timezone", "language", "role", "is_active", "external_id", "seen")
    readonly_fields = ("external_id", "seen")

    @admin.display(description="Signed up, last seen")
    def seen(self, user: User) -> str:
        last = f"{user.last_login:%Y-%m-%d %H:%M}" if user.last_login else "never on the pages"
        return f"{user.created_at:%Y-%m-%d %H:%M}, {last}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        if not search_term:
            return queryset, False
        found = Q(pk__in=pks_of(search_term)) | Q(email__istartswith=search_term.strip())
        return queryset.filter(found), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # people sign up themselves; admins are made by createsuperuser

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        services.change_user(user=obj, **changes)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # the last admin might be among them
        return actions

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and _is_needed(obj))


def _is_needed(user: User) -> bool:
    try:
        services.check_change(user=user, is_active=False)
    except ValidationError:
        return True
    return False


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


@admin.register(TokenFamily)
class TokenFamilyAdmin(LookingOnly, OfUserAdmin):
    list_display = ("user", "created_at", "last_used_at", "ended_at")


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
