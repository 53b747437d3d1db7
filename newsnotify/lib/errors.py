"""Errors as JSON: `{"detail": …}` or `{"field": […]}`, never a 500 for bad input."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = gettext_lazy("This cannot be done in the present state.")
    default_code = "conflict"


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a model's ValidationError like a serializer's; leave the rest to DRF."""
    if isinstance(error, DjangoValidationError):
        error = serializers.ValidationError(serializers.as_serializer_error(error))
    return drf_exception_handler(error, context)


@login_not_required
@csrf_exempt  # or a POST would be told of cookies instead
def api_not_found(request: HttpRequest, path: str = "") -> JsonResponse:
    """Answer an unknown API path in JSON."""
    return JsonResponse({"detail": _("There is no %(path)s.") % {"path": request.path}}, status=404)
