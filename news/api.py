"""`/api/v1/topics`, `/sources`, `/articles`"""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.models import Role
from accounts.permissions import IsEditor, IsEditorOrMayRead
from news import article_cache, selectors, services
from news.filters import SORTS, ArticleFilter, SourceFilter
from news.models import Article, Fetch, Revision, Source, Topic
from news.serializers import (
    ArticleListSerializer,
    ArticleSerializer,
    CrawlSerializer,
    FetchSerializer,
    NewSourceSerializer,
    RevisionSerializer,
    SourceSerializer,
    TopicSerializer,
)


class TopicListView(generics.ListCreateAPIView[Topic]):
    permission_classes = (IsEditorOrMayRead,)
    serializer_class = TopicSerializer

    def get_queryset(self) -> QuerySet[Topic]:
        return selectors.topics_for(self.request.user)


class TopicView(generics.RetrieveUpdateDestroyAPIView[Topic]):
    permission_classes = (IsEditorOrMayRead,)
    serializer_class = TopicSerializer
    lookup_field = "slug"
    http_method_names = ("get", "patch", "delete", "head", "options")

    def get_queryset(self) -> QuerySet[Topic]:
        return selectors.topics_for(self.request.user)

    def perform_update(self, serializer: BaseSerializer[Topic]) -> None:
        serializer.save()
        article_cache.outdate()

    def perform_destroy(self, instance: Topic) -> None:
        into = self.request.query_params.get("into")
        target = Topic.objects.filter(slug=into).exclude(pk=instance.pk).first()
        if into and target is None:
            raise ValidationError(
                {"into": [_("There is no other topic '%(slug)s'.") % {"slug": into}]}
            )
        services.delete_topic(topic=instance, into=target)


class SourceListView(generics.ListAPIView[Source]):
    permission_classes = (IsEditorOrMayRead,)
    serializer_class = SourceSerializer
    filterset_class = SourceFilter

    def get_queryset(self) -> QuerySet[Source]:
        return selectors.sources_for(self.request.user)

    @extend_schema(request=NewSourceSerializer, responses={201: SourceSerializer})
    def post(self, request: Request) -> Response:
        serializer = NewSourceSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        source, is_new = services.add_source(**serializer.validated_data)
        shown = self.get_serializer(self.get_queryset().get(pk=source.pk))
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(shown.data, status=code)


class SourceView(generics.RetrieveUpdateDestroyAPIView[Source]):
    permission_classes = (IsEditorOrMayRead,)
    serializer_class = SourceSerializer
    http_method_names = ("get", "patch", "delete", "head", "options")

    def get_queryset(self) -> QuerySet[Source]:
        return selectors.sources_for(self.request.user)

    def perform_update(self, serializer: BaseSerializer[Source]) -> None:
        services.change_source(source=self.get_object(), **serializer.validated_data)
        serializer.instance = self.get_object()

    def perform_destroy(self, instance: Source) -> None:
        instance.delete()
        article_cache.outdate()


class CrawlView(generics.GenericAPIView[Source]):
    permission_classes = (IsEditor,)
    serializer_class = CrawlSerializer
    queryset = Source.objects.all()

    @extend_schema(request=CrawlSerializer, responses={202: None})
    def post(self, request: Request, pk: int) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        force = serializer.validated_data["force"]
        if force and getattr(request.user, "role", None) != Role.ADMIN:
            raise PermissionDenied(_("Forcing a crawl is for admins."))
        source, is_crawled = services.crawl_now(source=self.get_object(), force=force)
        done = "crawled" if is_crawled else "deferred"
        body = {"status": done, "next_fetch_at": source.next_fetch_at}
        return Response(body, status=status.HTTP_202_ACCEPTED)


class FetchListView(generics.ListAPIView[Fetch]):
    permission_classes: Sequence[type[BasePermission]] = (IsEditor,)
    serializer_class = FetchSerializer
    queryset = Fetch.objects.none()

    def get_queryset(self) -> QuerySet[Fetch]:
        source = generics.get_object_or_404(Source, pk=self.kwargs["pk"])
        return source.fetches.all()


class ArticleListView(generics.ListAPIView[Article]):
    permission_classes = (IsEditorOrMayRead,)
    serializer_class = ArticleListSerializer
    filterset_class = ArticleFilter

    @property
    def keyset(self) -> tuple[str, str]:
        return (SORTS.get(self.request.query_params.get("sort", ""), "first_seen_at"), "id")

    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        return article_cache.answer(request, lambda: self.list(request))

    def get_queryset(self) -> QuerySet[Article]:
        return selectors.visible_articles(self.request.user).without_contents()


class ArticleView(generics.RetrieveAPIView[Article]):
    permission_classes = (IsEditorOrMayRead,)
    serializer_class = ArticleSerializer

    def get_queryset(self) -> QuerySet[Article]:
        return selectors.visible_articles(self.request.user)


class RevisionListView(generics.ListAPIView[Revision]):
    permission_classes = (IsEditorOrMayRead,)
    serializer_class = RevisionSerializer
    queryset = Revision.objects.none()

    def get_queryset(self) -> QuerySet[Revision]:
        visible = selectors.visible_articles(self.request.user).prefetch_related(None).only("pk")
        return generics.get_object_or_404(visible, pk=self.kwargs["pk"]).revisions.all()
