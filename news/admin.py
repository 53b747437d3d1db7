from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from news import services
from news.models import Announcement, Article, Fetch, Source, Topic


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin[Topic]):
    list_display = ("name", "slug")
    search_fields = ("name", "slug")


STATE = ("last_fetched_at", "next_fetch_at", "failure_count", "last_error", "article_count")


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin[Source]):
    list_display = ("__str__", "topic", "status", "article_count", "next_fetch_at")
    list_filter = ("topic", "is_paused", "is_gone")
    list_select_related = ("topic",)
    search_fields = ("title", "url")
    fields = ("url", "title", "topic", "is_paused", "interval_seconds", *STATE)
    readonly_fields = ("url", *STATE)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a source is added by its URL, which is looked at first

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        services.change_source(source=obj, **changes)


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin[Article]):
    list_display = ("title", "source", "first_seen_at")
    list_select_related = ("source",)
    search_fields = ("title",)
    raw_id_fields = ("source",)
    readonly_fields = ("first_seen_at", "updated_at")
    show_full_result_count = False


@admin.register(Fetch)
class FetchAdmin(admin.ModelAdmin[Fetch]):
    list_display = ("source", "started_at", "outcome", "http_status", "new_count", "error")
    list_filter = ("outcome",)
    list_select_related = ("source",)
    raw_id_fields = ("source",)
    show_full_result_count = False


@admin.register(Announcement)
class AnnouncementAdmin(admin.ModelAdmin[Announcement]):
    list_display = ("__str__", "source", "count", "created_at")
    raw_id_fields = ("source", "article")
