from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import now

from accounts.admin import OfUserAdmin
from newsnotify.lib.admin import LargeAdmin, LookingOnly, SearchesNewest
from notifications import replaying
from notifications.models import (
    Addressee,
    Amendment,
    Attempt,
    Carrier,
    Channel,
    DeadMessage,
    Delivery,
    Event,
    Inbox,
    Lane,
    Notification,
    Replay,
)


@admin.register(Event)
class EventAdmin(SearchesNewest, LookingOnly, LargeAdmin[Event]):
    list_display = ("__str__", "topic", "category", "priority", "release_time", "fanned_out_at")
    list_filter = (("fanned_out_at", admin.EmptyFieldListFilter),)  # its index begins so
    list_select_related = ("topic",)
    search_fields = ("title",)
    exclude = ("link_key",)


@admin.register(Lane)
class LaneAdmin(LookingOnly, LargeAdmin[Lane]):
    list_display = ("id", "event", "cursor", "until", "leased_until")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lane]:
        return super().get_queryset(request).prefetch_related("event")


@admin.register(Inbox)
class InboxAdmin(LookingOnly, OfUserAdmin):
    list_display = ("user", "unread", "revision")


@admin.register(Notification)
class NotificationAdmin(LookingOnly, OfUserAdmin):
    list_display = ("id", "user", "event", "is_unread", "place", "created_at")
    raw_id_fields: ClassVar = ("user", "event")


@admin.register(Channel)
class ChannelAdmin(LookingOnly, OfUserAdmin):
    list_display = ("user", "kind", "address", "verified_at", "is_enabled", "failing_since")
    exclude = ("sealed", "subscriptions")


class AttemptInline(admin.TabularInline[Attempt, Delivery]):
    model = Attempt
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Delivery | None = None) -> bool:
        return False


@admin.register(Delivery)
class DeliveryAdmin(LookingOnly, OfUserAdmin):
    list_display = ("id", "user", "kind", "state", "reason", "attempts", "due_at", "created_at")
    list_filter = ("state",)
    exclude = ("lease",)
    raw_id_fields: ClassVar = ("user", "notification", "channel")
    inlines = (AttemptInline,)
    actions = ("send_once_more",)

    @admin.action(description="Send once more what did not arrive", permissions=["view"])
    def send_once_more(self, request: HttpRequest, rows: QuerySet[Delivery]) -> None:
        count = replaying.replay(rows, actor=f"admin {request.user.pk}", now=now())
        self.message_user(request, f"{count} of them will be sent once more.")


@admin.register(Carrier)
class CarrierAdmin(LookingOnly, LargeAdmin[Carrier]):
    list_display = ("name", "failures", "paused_until", "last_error")


@admin.register(Addressee)
class AddresseeAdmin(LookingOnly, OfUserAdmin):
    list_display = ("user", "event")
    raw_id_fields: ClassVar = ("user", "event")


@admin.register(Amendment)
class AmendmentAdmin(LookingOnly, LargeAdmin[Amendment]):
    list_display = ("id", "event", "cursor", "leased_until")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Amendment]:
        return super().get_queryset(request).prefetch_related("event")


@admin.register(DeadMessage)
class DeadMessageAdmin(LookingOnly, LargeAdmin[DeadMessage]):
    list_display = ("stream", "place", "reason", "created_at")
    list_filter = ("created_at",)
    exclude = ("body",)


@admin.register(Replay)
class ReplayAdmin(LookingOnly, LargeAdmin[Replay]):
    list_display = ("id", "status_code", "created_at")
    list_filter = ("created_at",)
    exclude = ("key", "body")
