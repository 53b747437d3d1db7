from typing import Any

from rest_framework import serializers

from accounts.models import User
from news.models import Article, Fetch, Revision, Source, Topic
from newsnotify.lib.saying import said
from newsnotify.lib.urls import redact


class TopicSerializer(serializers.ModelSerializer[Topic]):
    source_count = serializers.IntegerField(read_only=True, default=0)
    subscriber_count = serializers.IntegerField(read_only=True, default=0)
    followed = serializers.BooleanField(read_only=True, default=False)

    class Meta:
        model = Topic
        fields = ("id", "slug", "name", "source_count", "subscriber_count", "followed")


class SourceSerializer(serializers.ModelSerializer[Source]):
    topic = serializers.SlugRelatedField(
        slug_field="slug", queryset=Topic.objects.all(), allow_null=True
    )
    paused = serializers.BooleanField(source="is_paused", required=False)
    interval_seconds = serializers.IntegerField(
        min_value=60, max_value=7 * 86400, allow_null=True, required=False
    )
    status = serializers.CharField(read_only=True)
    last_error = serializers.SerializerMethodField()
    subscriber_count = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = Source
        fields = (
            "id", "url", "site_url", "title", "topic", "status", "paused", "last_fetched_at",
            "next_fetch_at", "interval_seconds", "last_error", "article_count", "subscriber_count",
        )  # fmt: skip
        read_only_fields = (
            "url", "site_url", "last_fetched_at", "next_fetch_at", "article_count",
        )  # fmt: skip

    def get_last_error(self, source: Source) -> str | None:
        return said(source.last_error) or None

    def to_representation(self, instance: Source) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        if instance.is_brought and not self._may_know_secret(instance):
            shown["url"] = redact(instance.url)
        return shown

    def _may_know_secret(self, source: Source) -> bool:
        """The address that a reader brought may hold his key; those who follow it have it."""
        user = self.context["request"].user
        return source.followed or (isinstance(user, User) and user.is_editor)


class NewSourceSerializer(serializers.Serializer[Source]):
    url = serializers.CharField(max_length=2000)
    topic = serializers.SlugRelatedField(slug_field="slug", queryset=Topic.objects.all())
    title = serializers.CharField(max_length=300, required=False, allow_blank=True)
    check = serializers.BooleanField(required=False, default=True)


class CrawlSerializer(serializers.Serializer[Source]):
    force = serializers.BooleanField(required=False, default=False)


class FetchSerializer(serializers.ModelSerializer[Fetch]):
    error = serializers.SerializerMethodField()

    class Meta:
        model = Fetch
        fields = (
            "started_at", "http_status", "outcome", "duration_ms", "parse_ms", "store_ms",
            "bytes", "new_count", "changed_count", "error", "next_fetch_at",
        )  # fmt: skip

    def get_error(self, fetch: Fetch) -> str | None:
        return fetch.error or None


class ArticleListSerializer(serializers.ModelSerializer[Article]):
    topic = serializers.SlugRelatedField[Topic](
        slug_field="slug", source="source.topic", read_only=True
    )
    categories = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Article
        fields: tuple[str, ...] = (
            "id", "source", "topic", "title", "url", "summary", "author", "published_at",
            "first_seen_at", "updated_at", "image_url", "enclosures", "categories",
            "comments_url",
        )  # fmt: skip


class ArticleSerializer(ArticleListSerializer):
    class Meta(ArticleListSerializer.Meta):
        fields = (*ArticleListSerializer.Meta.fields, "content")


class RevisionSerializer(serializers.ModelSerializer[Revision]):
    class Meta:
        model = Revision
        fields = ("id", "title", "summary", "content", "written_at", "replaced_at")
