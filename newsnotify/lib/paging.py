"""Lists in pages: `?page=1&limit=20`, newest first, exact while rows are added.

`next` carries an anchor, the sort key of the last row shown, so that the following page
begins right after it whatever was published meanwhile. A page asked for by number alone is
found by offset.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import DateTimeField, Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

LIMIT, MOST, COUNT_CAP = 20, 100, 10_000
_NO_FILTERS = {"page", "limit", "anchor", "format", "sort"}


class AnchoredPagination(BasePagination):
    """Pages of a view whose `keyset` names the columns that sort it, all descending."""

    def paginate_queryset(  # type: ignore[override] # the stubs allow lists, which have no keys
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        self.request = request
        self.keyset: Sequence[str] = getattr(view, "keyset", ("id",))
        self.page = _number(request, "page", 1, most=10**9)
        self.limit = _number(request, "limit", LIMIT, most=MOST)
        self._count(queryset)
        queryset = queryset.order_by(*(f"-{name}" for name in self.keyset))
        if anchor := request.query_params.get("anchor"):
            rows = queryset.filter(_after(anchor, self.keyset, queryset.model))[: self.limit + 1]
        else:
            start = (self.page - 1) * self.limit
            rows = queryset[start : start + self.limit + 1]
        found = list(rows)
        self.has_next, self.rows = len(found) > self.limit, found[: self.limit]
        return self.rows

    def _count(self, queryset: QuerySet[Any]) -> None:
        is_filtered = bool(set(self.request.query_params) - _NO_FILTERS)
        self.count = queryset[: COUNT_CAP + 1].count() if is_filtered else queryset.count()
        self.is_capped = is_filtered and self.count > COUNT_CAP

    def get_paginated_response(self, data: Any) -> Response:
        body = {
            "count": COUNT_CAP if self.is_capped else self.count,
            "next": self._next(),
            "previous": self._previous(),
            "results": data,
        }
        return Response({**body, "count_capped": True} if self.is_capped else body)

    def _next(self) -> str | None:
        if not self.has_next:
            return None
        url = replace_query_param(self.request.build_absolute_uri(), "page", self.page + 1)
        return replace_query_param(url, "anchor", _anchor(self.keyset, self.rows[-1]))

    def _previous(self) -> str | None:
        if self.page == 1:
            return None
        url = remove_query_param(self.request.build_absolute_uri(), "anchor")
        return replace_query_param(url, "page", self.page - 1)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        uri = {"type": "string", "nullable": True, "format": "uri"}
        properties = {"count": {"type": "integer"}, "next": uri, "previous": uri, "results": schema}
        return {
            "type": "object",
            "required": ["count", "results"],
            "properties": {**properties, "count_capped": {"type": "boolean"}},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        numbers = {"page": 1, "limit": LIMIT}
        return [
            {"name": name, "in": "query", "schema": {"type": "integer", "default": default}}
            for name, default in numbers.items()
        ]


def _number(request: Request, name: str, default: int, *, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0):
        raise ValidationError(
            {name: [_("'%(text)s' is not a number from 1.") % {"text": text[:40]}]}
        )
    if name == "limit" and int(text) > most:
        why = _("%(n)s is too many; the most is %(most)s.") % {"n": text, "most": most}
        raise ValidationError({name: [why]})
    return min(int(text), most)


def _anchor(keyset: Sequence[str], row: Model) -> str:
    values = [getattr(row, name) for name in keyset]
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def _after(anchor: str, keyset: Sequence[str], model: type[Model]) -> Q:
    """Match the rows that sort after the anchor's: (a, b) < (x, y), written out."""
    found, equal = Q(), Q()
    for name, value in _keys(anchor, keyset, model).items():
        found |= equal & Q(**{f"{name}__lt": value})
        equal &= Q(**{name: value})
    return found


def _keys(anchor: str, keyset: Sequence[str], model: type[Model]) -> dict[str, int | datetime]:
    """Read an anchor; whatever comes, only what the columns can be compared with passes."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(anchor + "=" * (-len(anchor) % 4)))
        return {name: _key(model, name, x) for name, x in zip(keyset, values, strict=True)}
    except (binascii.Error, ValueError, TypeError, OverflowError) as error:
        raise ValidationError({"anchor": [_("Follow `next` as it was given.")]}) from error


def _key(model: type[Model], name: str, value: Any) -> int | datetime:
    if isinstance(model._meta.get_field(name), DateTimeField):
        return datetime.fromisoformat(value).astimezone(UTC)
    if isinstance(value, int) and abs(value) < 2**63:
        return value
    raise ValueError(value)
