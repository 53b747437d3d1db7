"""The admin's pages of people: whoever is deleted there leaves as he would by himself."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from accounts import audit, services
from accounts.admin import pks_of
from accounts.models import User
from newsnotify import membership
from newsnotify.lib.admin import BriefDeletion, LargeAdmin


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
        services.change_user(user=obj, by=audit.caller(request), **changes)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        membership.leave(user=obj, by=audit.caller(request))

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
