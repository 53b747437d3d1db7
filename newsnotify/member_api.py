"""`/api/v1/auth/me` and what of it concerns several apps."""

from typing import Any, cast

from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import api, audit
from accounts.models import User
from newsnotify import membership
from newsnotify.lib.errors import Conflict


class MeView(api.MeView):
    http_method_names = (*api.MeView.http_method_names, "delete")

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        """Delete the account with everything of its owner, at once and for good."""
        try:
            membership.leave(user=self.get_object(), by=audit.caller(request))
        except ValidationError as error:
            raise Conflict(" ".join(error.messages)) from error
        if request.auth is None:
            logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExportView(APIView):
    @extend_schema(responses={200: {"type": "object", "additionalProperties": True}})
    def get(self, request: Request) -> Response:
        """Show everything that is stored of who calls, by kind."""
        shown: dict[str, Any] = membership.export(cast(User, request.user))
        return Response(shown, headers={"Cache-Control": "no-store"})
