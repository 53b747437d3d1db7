"""Read JSON strictly: what gets through can be stored, compared and shown."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError


class JSONParser(parsers.JSONParser):
    """JSON in UTF-8 (RFC 8259, section 8.1), by orjson.

    Python's own reader lets through what breaks later: half surrogate pairs that no answer
    can be encoded with, 1e400 as infinity, and nesting that ends in a RecursionError.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return orjson.loads(stream.read())
        except orjson.JSONDecodeError as error:
            raise ParseError(_("This is not JSON: %(error)s") % {"error": error}) from error
