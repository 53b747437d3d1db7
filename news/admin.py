from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from news import article_cache, services
from news.models import Announcement, Article, Fetch, Revision, Source, Topic
from newsnotify.lib.admin import BriefDeletion, LargeAdmin, LookingOnly, SearchesNewest


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin[Topic]):
    list_display = ("name", "slug")
    search_fields = ("name", "slug")


class StatusFilter(admin.SimpleListFilter):
    title, parameter_name = "status", "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, name) for name in ("ok", "new", "failing", "gone", "paused")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.with_status(self.value()) if self.value() else queryset


STATE = (
    "status", "last_fetched_at", "next_fetch_at", "deferred_until", "failure_count", "last_error",
    "article_count", "fetches",
)  # fmt: skip


@admin.register(Source)
class SourceAdmin(BriefDeletion, LargeAdmin[Source]):
    list_display = ("__str__", "topic", "status", "article_count", "last_fetched_at", "fetches")
    list_filter = (StatusFilter, "topic")
    list_select_related = ("topic",)
    search_fields = ("title", "url")
    autocomplete_fields = ("topic",)
    fields = ("url", "title", "topic", "is_paused", "interval_seconds", *STATE)
    readonly_fields = ("url", *STATE)
    actions = ("crawl_now", "pause", "resume")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a source is added by its URL, which is looked at first

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        services.change_source(source=obj, **changes)

    @admin.display(description="crawls")
    def fetches(self, source: Source) -> str:
        url = reverse("admin:news_fetch_changelist")
        return format_html('<a href="{}?source__id__exact={}">Crawls</a>', url, source.pk)

    @admin.action(description="Crawl selected sources now", permissions=["change"])
    def crawl_now(self, request: HttpRequest, sources: QuerySet[Source]) -> None:
        count = services.crawl_soon(sources)
        left = sources.count() - count
        why = f" Left, because paused or asked to wait by their host: {left}." if left else ""
        self.message_user(request, f"Due now: {count}.{why}", messages.SUCCESS)

    @admin.action(description="Pause selected sources", permissions=["change"])
    def pause(self, request: HttpRequest, sources: QuerySet[Source]) -> None:
        self._set_paused(request, sources, is_paused=True)

    @admin.action(description="Resume selected sources", permissions=["change"])
    def resume(self, request: HttpRequest, sources: QuerySet[Source]) -> None:
        self._set_paused(request, sources, is_paused=False)

    def _set_paused(
        self, request: HttpRequest, sources: QuerySet[Source], *, is_paused: bool
    ) -> None:
        changed = list(sources.exclude(is_paused=is_paused))
        for source in changed:
            services.change_source(source=source, is_paused=is_paused)
        did = "Paused" if is_paused else "Resumed"
        self.message_user(request, f"{did}: {len(changed)}.", messages.SUCCESS)


@admin.register(Article)
class ArticleAdmin(BriefDeletion, SearchesNewest, LargeAdmin[Article]):
    list_display = ("title", "source", "first_seen_at")
    list_filter = ("first_seen_at",)
    search_fields = ("title",)
    exclude = ("identity", "link_key", "own_summary")
    readonly_fields = ("summary",)

    def delete_model(self, request: HttpRequest, obj: Article) -> None:
        super().delete_model(request, obj)
        article_cache.outdate()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Article]) -> None:
        super().delete_queryset(request, queryset)
        article_cache.outdate()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        return super().get_queryset(request).defer("raw_content").prefetch_related("source")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Article | None = None) -> bool:
        return False  # the next crawl would undo it


@admin.register(Revision)
class RevisionAdmin(LookingOnly, LargeAdmin[Revision]):
    list_display = ("title", "article", "written_at", "replaced_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Revision]:
        articles = Prefetch("article", Article.objects.defer("raw_content"))
        return super().get_queryset(request).defer("raw_content").prefetch_related(articles)


@admin.register(Fetch)
class FetchAdmin(LookingOnly, LargeAdmin[Fetch]):
    list_display = ("source", "started_at", "outcome", "http_status", "new_count", "error")
    list_filter = ("started_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Fetch]:
        return super().get_queryset(request).prefetch_related("source")


@admin.register(Announcement)
class AnnouncementAdmin(LookingOnly, LargeAdmin[Announcement]):
    list_display = ("__str__", "source", "count", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Announcement]:
        return super().get_queryset(request).prefetch_related("source", "article")
