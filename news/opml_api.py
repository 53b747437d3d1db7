"""`/api/v1/sources/import` and `/export`, and what every import of OPML is made of."""

from typing import IO, Any, cast

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils.timezone import now
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import IsEditor
from news.source_lists import export_sources, import_sources

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


PARSERS = (MultiPartParser, OpmlParser, XmlParser, TextXmlParser)
BODY = {
    "multipart/form-data": {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}},
    },
    **{each.media_type: OpenApiTypes.BINARY for each in PARSERS[1:]},
}


def markup_of(request: Request) -> bytes:
    """Take the document out of a request. Raises ValidationError."""
    given = cast(dict[str, Any], request.data).get("file")
    if isinstance(given, str):
        given = given.encode("utf-8", "replace")
    if not isinstance(given, bytes | UploadedFile):
        raise ValidationError({"file": [_("Send an OPML document, as the body or as `file`.")]})
    return given if isinstance(given, bytes) else given.read()


def as_file(markup: bytes) -> HttpResponse:
    """Answer with a document that is to be stored as a file."""
    response = HttpResponse(markup, content_type=f"{OPML}; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="newsnotify.opml"'
    return response


class ImportView(APIView):
    permission_classes = (IsEditor,)
    parser_classes = PARSERS

    @extend_schema(
        parameters=[OpenApiParameter("topic", description="For what lies in no folder.")],
        request=BODY,
        responses=ImportedSerializer,
    )
    def post(self, request: Request) -> Response:
        topic = request.query_params.get("topic", "")
        done = import_sources(markup=markup_of(request), topic=topic)
        return Response(ImportedSerializer(done).data)


class ExportView(APIView):
    permission_classes = (IsEditor,)

    @extend_schema(responses={(200, OPML): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponse:
        return as_file(export_sources(now=now()))
