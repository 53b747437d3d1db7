from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin import OfUserAdmin
from newsnotify.lib.admin import LargeAdmin, LookingOnly
from subscriptions.models import KeywordQuery, Preferences, PreferredCategory, Rule, Subscription


@admin.register(Subscription)
class SubscriptionAdmin(OfUserAdmin):
    list_display = ("user", "kind", "topic", "source", "query", "is_paused", "created_at")
    raw_id_fields: ClassVar = ("user", "topic", "source", "query")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # people choose for themselves

    def has_change_permission(self, request: HttpRequest, obj: Subscription | None = None) -> bool:
        return False


@admin.register(KeywordQuery)
class KeywordQueryAdmin(LookingOnly, LargeAdmin[KeywordQuery]):
    list_display = ("text", "topic", "source", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[KeywordQuery]:
        return super().get_queryset(request).prefetch_related("topic", "source")


@admin.register(Rule)
class RuleAdmin(LookingOnly, OfUserAdmin):
    list_display = ("user", "action", "query_text", "is_paused", "created_at")
    raw_id_fields: ClassVar = ("user", "query")


@admin.register(Preferences)
class PreferencesAdmin(LookingOnly, OfUserAdmin):
    list_display = ("user", "is_subscribed", "priorities", "has_categories")
    raw_id_fields: ClassVar = ("user",)


@admin.register(PreferredCategory)
class PreferredCategoryAdmin(LookingOnly, LargeAdmin[PreferredCategory]):
    list_display = ("preferences", "category")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PreferredCategory]:
        return super().get_queryset(request).prefetch_related("preferences__user")
