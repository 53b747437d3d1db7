"""`/api/v1/rules/{id}/apply` and `/undo`"""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from newsnotify.lib.ratelimit import Limit
from newsnotify.lib.throttling import spend
from notifications.applying import apply_rule, undo
from subscriptions.rules import rules_of

LIMIT = Limit("rules applied", 20, 60)


class AppliedSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="So many notifications were changed.")
    looked_at = serializers.IntegerField(help_text="So many, the newest that it could change.")
    is_complete = serializers.BooleanField(help_text="There were no more than that.")


class UndoneSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="So many notifications were put back.")


class ApplyView(APIView):
    @extend_schema(request=None, responses=AppliedSerializer)
    def post(self, request: Request, pk: int) -> Response:
        rule = get_object_or_404(rules_of(request.user), pk=pk)
        spend(request, LIMIT, str(rule.user_id))
        done = apply_rule(rule=rule, now=now())
        return Response(
            {
                "count": len(done.changes),
                "looked_at": done.looked_at,
                "is_complete": done.is_complete,
            }
        )


class UndoView(APIView):
    @extend_schema(request=None, responses=UndoneSerializer)
    def post(self, request: Request, pk: int) -> Response:
        rule = get_object_or_404(rules_of(request.user), pk=pk)
        return Response({"count": undo(rule=rule, now=now())})
