from io import BytesIO

import pytest
from rest_framework.exceptions import ParseError

from newsnotify.lib.parsers import JSONParser


def test_json_is_read_when_valid() -> None:
    assert JSONParser().parse(BytesIO('{"a": ["é", 1, null, 1.5]}'.encode())) == {
        "a": ["é", 1, None, 1.5]
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"NaN",
        b"1e400",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'"\\ud800"',
        b"\xff",
        b'{"n": ' + b"9" * 5000 + b"}",
        '{"a": "é"}'.encode("utf-16"),
    ],
)
def test_json_is_refused_when_it_would_break_something_later(body: bytes) -> None:
    with pytest.raises(ParseError, match="This is not JSON"):
        JSONParser().parse(BytesIO(body))
