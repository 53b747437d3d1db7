"""`GET …/explain`: why a person was told of something, or was not."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Scope, User
from accounts.permissions import IsPersonOrKey, MayWriteEvents, has_scope, is_admin
from news.selectors import visible_articles
from notifications import events_api, notify_api, recipients
from notifications.explaining import shown
from notifications.explaining.findings import Answer, Code, Effect, Step

_WHO = "The person, by id, external id or e-mail."


class FindingSerializer(serializers.Serializer[Any]):
    code = serializers.ChoiceField(choices=[code.value for code in Code])
    effect = serializers.ChoiceField(choices=[effect.value for effect in Effect])
    text = serializers.CharField()
    remedy = serializers.CharField(help_text="What can be done about it, if anything.")
    path = serializers.CharField(help_text="The page where that is done.")
    subscription = serializers.IntegerField(allow_null=True)
    rule = serializers.IntegerField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    as_of = serializers.ChoiceField(
        choices=["then", "today"], help_text="Whether rows know what it was at the time."
    )


class MomentSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    step = serializers.ChoiceField(choices=[step.value for step in Step])
    text = serializers.CharField()
    delivery = serializers.IntegerField(allow_null=True)
    is_ahead = serializers.BooleanField()


class ExplainedAttemptSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    result = serializers.CharField()
    status_code = serializers.IntegerField(allow_null=True)
    detail = serializers.CharField()
    actor = serializers.CharField()
    text = serializers.CharField()


class ExplainedDeliverySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    channel = serializers.IntegerField(allow_null=True)
    kind = serializers.CharField()
    kind_name = serializers.CharField()
    channel_name = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField()
    due_at = serializers.DateTimeField(allow_null=True)
    text = serializers.CharField()
    remedy = serializers.CharField()
    path = serializers.CharField()
    attempts = ExplainedAttemptSerializer(many=True)


class ExplanationSerializer(serializers.Serializer[Any]):
    """Texts speak to whom the news is for, in the language of who asks."""

    answer = serializers.ChoiceField(choices=[answer.value for answer in Answer])
    text = serializers.CharField()
    because = FindingSerializer()
    user_id = serializers.IntegerField()
    event_id = serializers.IntegerField(allow_null=True)
    notification_id = serializers.IntegerField(allow_null=True)
    findings = FindingSerializer(many=True)
    timeline = MomentSerializer(many=True)
    deliveries = ExplainedDeliverySerializer(many=True)
    note = serializers.CharField()


class OfNotificationView(APIView):
    permission_classes = (IsPersonOrKey,)

    @extend_schema(responses=ExplanationSerializer)
    def get(self, request: Request, pk: int) -> Response:
        row = generics.get_object_or_404(notify_api.seen_by(request), pk=pk)
        is_discreet = _is_discreet(request) and not notify_api.acts_as_recipient(request, row)
        with _spoken_to(request):
            found = shown.of_notification(row, timezone.now(), is_discreet=is_discreet)
        return _answered(found)


class OfEventView(APIView):
    permission_classes = (MayWriteEvents,)

    @extend_schema(
        parameters=[OpenApiParameter("user_id", str, required=True, description=_WHO)],
        responses=ExplanationSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        event = generics.get_object_or_404(events_api.events_of(request), pk=pk)
        user = _named(request)
        with _spoken_to(request):
            is_discreet = _is_discreet(request)
            found = shown.of_event(event, user, timezone.now(), is_discreet=is_discreet)
        return _answered(found)


class OfArticleView(APIView):
    """For oneself; an admin may ask for anybody."""

    @extend_schema(
        parameters=[OpenApiParameter("user_id", str, description=_WHO)],
        responses=ExplanationSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        article = generics.get_object_or_404(visible_articles(request.user), pk=pk)
        user = _named(request) if "user_id" in request.query_params else request.user
        if user != request.user and not is_admin(request):
            raise PermissionDenied(_("You may ask only for yourself."))
        assert isinstance(user, User)  # noqa: S101 - IsAuthenticated came before
        with _spoken_to(request):
            found = shown.of_article(article, user, timezone.now())
        return _answered(found)


def _answered(found: shown.Shown) -> Response:
    return Response(ExplanationSerializer(asdict(found)).data)


def _is_discreet(request: Request) -> bool:
    """A key that only tells people is not told what else they follow and look for."""
    return not has_scope(request, Scope.NOTIFICATIONS_READ_ANY)


def _named(request: Request) -> User:
    name = request.query_params.get("user_id", "")
    try:
        return recipients.find_users([name], may_make=False)[0]
    except DjangoValidationError as error:
        raise ValidationError({"user_id": error.messages}) from error


@contextmanager
def _spoken_to(request: Request) -> Iterator[None]:
    """Speak the language of a person who asks, by his clock."""
    if not isinstance(request.user, User):
        yield
        return
    with translation.override(request.user.language), timezone.override(request.user.zone):
        yield
