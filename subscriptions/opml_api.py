"""`/api/v1/subscriptions/import` and `/export`"""

from typing import cast

from django.http import HttpResponse
from django.utils.timezone import now
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from news.opml_api import BODY, OPML, PARSERS, ImportedSerializer, as_file, markup_of
from newsnotify.lib.throttling import spend
from subscriptions.opml import LIMIT, export_opml, import_opml


class ImportView(APIView):
    parser_classes = PARSERS

    @extend_schema(request=BODY, responses=ImportedSerializer)
    def post(self, request: Request) -> Response:
        spend(request, LIMIT, str(request.user.pk))
        done = import_opml(user=cast(User, request.user), markup=markup_of(request))
        return Response(ImportedSerializer(done).data)


class ExportView(APIView):
    @extend_schema(responses={(200, OPML): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponse:
        return as_file(export_opml(user=cast(User, request.user), now=now()))
