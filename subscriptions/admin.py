from django.contrib import admin

from subscriptions.models import Subscription


@admin.register(Subscription)
class SubscriptionAdmin(admin.ModelAdmin[Subscription]):
    list_display = ("user", "kind", "topic", "source", "created_at")
    list_filter = ("kind", "topic")
    list_select_related = ("user", "topic", "source")
    raw_id_fields = ("user", "source")
    show_full_result_count = False
