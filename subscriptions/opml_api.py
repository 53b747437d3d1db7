"""`/api/v1/subscriptions/import` and `/export`"""

from typing import IO, Any, cast

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils.timezone import now
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from newsnotify.lib.throttling import spend
from subscriptions.opml import LIMIT, export_opml, import_opml

OPML = "text/x-opml"


class OpmlParser(BaseParser):
    """The document as it is."""

    media_type = OPML

    def parse(self, stream: IO[Any], *_args: Any, **_kwargs: Any) -> dict[str, bytes]:
        return {"file": stream.read()}


class XmlParser(OpmlParser):
    media_type = "application/xml"


class TextXmlParser(OpmlParser):
    media_type = "text/xml"


class FailedSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()
    reason = serializers.CharField()


class ImportedSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    existing = serializers.IntegerField()
    failed = FailedSerializer(many=True)


class ImportView(APIView):
    parser_classes = (MultiPartParser, OpmlParser, XmlParser, TextXmlParser)

    @extend_schema(
        request={
            "multipart/form-data": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
            },
            **{each.media_type: OpenApiTypes.BINARY for each in parser_classes[1:]},
        },
        responses=ImportedSerializer,
    )
    def post(self, request: Request) -> Response:
        spend(request, LIMIT, str(request.user.pk))
        given = cast(dict[str, Any], request.data).get("file")
        if isinstance(given, str):
            given = given.encode("utf-8", "replace")
        if not isinstance(given, bytes | UploadedFile):
            raise ValidationError({"file": ["Send an OPML document, as the body or as `file`."]})
        markup = given if isinstance(given, bytes) else given.read()
        done = import_opml(user=cast(User, request.user), markup=markup)
        return Response(ImportedSerializer(done).data)


class ExportView(APIView):
    @extend_schema(responses={(200, OPML): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponse:
        return as_file(cast(User, request.user))


def as_file(user: User) -> HttpResponse:
    """Answer with what a user follows, to be stored as a file."""
    response = HttpResponse(
        export_opml(user=user, now=now()), content_type=f"{OPML}; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="newsnotify.opml"'
    return response
