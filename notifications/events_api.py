"""Events in: `/api/v1/events…`, for producers."""

from collections.abc import Callable
from typing import Any

import orjson
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import FormParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import ApiKey, User
from accounts.permissions import MayWriteEvents, is_admin
from newsnotify.lib.deadlocks import repeated
from newsnotify.lib.errors import Conflict, TooLarge
from newsnotify.lib.parsers import JSONParser
from notifications import cloudevents, outcomes, posting, replays, withdrawal
from notifications.event_serializers import (
    AcceptedSerializer,
    EditSerializer,
    EventSerializer,
    ShownEventSerializer,
)
from notifications.models import Event

BATCH = 500
KEY_CHARACTERS = 255


class CloudEventParser(JSONParser):
    media_type = "application/cloudevents+json"


class CloudEventBatchParser(JSONParser):
    media_type = "application/cloudevents-batch+json"


def producer_of(request: Request) -> posting.Producer:
    key = request.auth if isinstance(request.auth, ApiKey) else None
    return posting.Producer(key, request.user if isinstance(request.user, User) else None)


def idempotently(request: Request, do: Callable[[], replays.Answer]) -> replays.Answer:
    """Do what a request asks once for its `Idempotency-Key`, in one transaction."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > KEY_CHARACTERS:
        why = _("This is too long: it may have %(most)s characters.") % {"most": KEY_CHARACTERS}
        raise ValidationError({"Idempotency-Key": [why]})
    return _once(request, f"{request.path.rstrip('/')} {key}" if key else "", request.data, do)


def _once(
    request: Request, key: str, body: Any, do: Callable[[], replays.Answer]
) -> replays.Answer:
    def whole() -> replays.Answer:
        with transaction.atomic():
            return do()

    if not key:
        return repeated(whole)
    return replays.once(caller=producer_of(request).name, key=key, body=_text(body), do=whole)


def _text(body: Any) -> str:
    try:
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError as error:
        raise TooLarge(_("The body is nested too deep.")) from error


class EventListView(generics.ListAPIView[Event]):
    serializer_class = ShownEventSerializer
    permission_classes = (MayWriteEvents,)
    parser_classes = (JSONParser, CloudEventParser, CloudEventBatchParser, FormParser)

    def get_queryset(self) -> QuerySet[Event]:
        return events_of(self.request)

    @extend_schema(request=EventSerializer, responses={202: AcceptedSerializer})
    def post(self, request: Request) -> Response:
        if isinstance(request.data, list):
            return self._take_batch(request, request.data)
        if cloudevents.is_enveloped(request.data):
            return self._take(request, _opened(cloudevents.structured, request.data))
        if "ce-specversion" in request.headers:
            return self._take(request, _opened(cloudevents.binary, request.headers, request.data))
        return self._take(request, cloudevents.CloudEvent("", request.data))

    def _take(self, request: Request, event: cloudevents.CloudEvent) -> Response:
        def do() -> replays.Answer:
            return status.HTTP_202_ACCEPTED, _accept(request, event.data)

        if event.key:
            code, answer = _once(request, f"ce {event.key}", event.data, do)
        else:
            code, answer = idempotently(request, do)
        return Response(answer, status=code)

    def _take_batch(self, request: Request, batch: list[Any]) -> Response:
        if len(batch) > BATCH:
            why = _("A batch has at most %(most)s events, this one %(count)s.")
            raise TooLarge(why % {"most": BATCH, "count": len(batch)})

        def do() -> replays.Answer:
            answers = [self._take_part(request, n, part) for n, part in enumerate(batch)]
            return status.HTTP_202_ACCEPTED, {"accepted": len(answers), "results": answers}

        code, answer = idempotently(request, do)
        return Response(answer, status=code)

    def _take_part(self, request: Request, number: int, part: Any) -> dict[str, Any]:
        try:
            if not cloudevents.is_enveloped(part):
                return _accept(request, part)
            event = _opened(cloudevents.structured, part)
            data = event.data
            return _once(request, f"ce {event.key}", data, lambda: (202, _accept(request, data)))[1]
        except (ValidationError, Conflict) as error:
            raise type(error)({str(number): error.detail}) from error


def _opened(read: Callable[..., cloudevents.CloudEvent], *args: Any) -> cloudevents.CloudEvent:
    try:
        return read(*args)
    except cloudevents.BadCloudEventError as error:
        raise ValidationError({"detail": str(error)}) from error


def _accept(request: Request, data: Any) -> dict[str, Any]:
    serializer = EventSerializer(data=data)
    serializer.is_valid(raise_exception=True)
    fields, audience = serializer.validated()
    event = posting.post_event(
        producer=producer_of(request), fields=fields, audience=audience, now=now()
    )
    return {"id": event.pk, "status": event.status}


def events_of(request: Request) -> QuerySet[Event]:
    """Find the events that a caller may look after: its own, an admin's are all."""
    if is_admin(request):
        return Event.objects.select_related("topic")
    return Event.objects.filter(api_key=producer_of(request).key).select_related("topic")


class EventView(generics.RetrieveDestroyAPIView[Event]):
    serializer_class = ShownEventSerializer
    permission_classes = (MayWriteEvents,)

    def get_queryset(self) -> QuerySet[Event]:
        return events_of(self.request)

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        event = self.get_object()
        return Response({**self.get_serializer(event).data, "outcome": outcomes.outcome_of(event)})

    @extend_schema(request=EditSerializer, responses=ShownEventSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        event = self.get_object()
        if event.withdrawn_at:
            why = _("This event is %(status)s; nobody sees it any more.")
            raise Conflict(why % {"status": event.status})
        serializer = EditSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        withdrawal.edit_event(event=event, changes=serializer.validated_data)
        return Response(self.get_serializer(event).data)

    def perform_destroy(self, instance: Event) -> None:
        withdrawal.withdraw_event(event=instance, now=now())
