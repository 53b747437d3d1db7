"""What machines ask of this process: whether it lives, is ready, and how everything is.

They come by IP address and while the database is away, so they are answered ahead of Django's
check of the Host header and of everything that looks for a session or a user.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.response import SimpleTemplateResponse
from django.urls import resolve
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import permissions, serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from newsnotify.health import COMPONENTS, examiner

PATHS = frozenset({"/livez", "/readyz", "/metrics", "/api/v1/health"})


class ProbesMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in PATHS:
            return self.get_response(request)
        request.resolver_match = match = resolve(request.path_info)
        response: HttpResponseBase = match.func(request)
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        add_never_cache_headers(response)
        return response


@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    return HttpResponse("alive\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    health = examiner.health()
    if health.is_ready:
        return HttpResponse("ready\n", content_type="text/plain")
    reason = f"not ready: database: {health.components['database'].detail}\n"
    return HttpResponse(reason, content_type="text/plain", status=503)


class JsonWhateverIsAccepted(BaseContentNegotiation):
    """Refuses no probe because of its Accept header."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


class ComponentSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["healthy", "degraded", "unhealthy", "unknown"])
    detail = serializers.CharField()


class ComponentsSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {name: ComponentSerializer() for name in COMPONENTS}


class HealthSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["healthy", "degraded", "unhealthy"])
    components = ComponentsSerializer()
    warnings = serializers.ListField(child=serializers.CharField(), required=False)


class HealthView(APIView):
    authentication_classes = ()
    permission_classes = (permissions.AllowAny,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = JsonWhateverIsAccepted

    @extend_schema(
        operation_id="health",
        responses={
            200: HealthSerializer,
            503: OpenApiResponse(HealthSerializer, description="The database is away."),
        },
    )
    def get(self, request: Request) -> JsonResponse:
        """Tell what works: healthy, degraded, or unhealthy when the database is away."""
        health = examiner.health()
        return JsonResponse(health.as_dict(), status=200 if health.is_ready else 503)
