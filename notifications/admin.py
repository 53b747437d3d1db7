from django.contrib import admin

from notifications.models import Event, Inbox, Notification


@admin.register(Event)
class EventAdmin(admin.ModelAdmin[Event]):
    list_display = ("__str__", "topic", "category", "priority", "release_time", "fanned_out_at")
    list_filter = ("priority", "topic")
    list_select_related = ("topic",)
    search_fields = ("title",)
    raw_id_fields = ("source", "article", "told_as")
    show_full_result_count = False


@admin.register(Inbox)
class InboxAdmin(admin.ModelAdmin[Inbox]):
    list_display = ("user", "unread", "revision")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    raw_id_fields = ("user",)
    show_full_result_count = False


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin[Notification]):
    list_display = ("id", "user", "event", "is_unread", "created_at")
    list_select_related = ("user", "event")
    raw_id_fields = ("user", "event")
    show_full_result_count = False
