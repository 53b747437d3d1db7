"""Whatever is posted, wherever: a 4xx with a reason, over real HTTP."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from newsnotify.tests.processes import Product

ROUTES = [
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/token"),
    ("POST", "/api/v1/auth/refresh"),
    ("POST", "/api/v1/auth/logout"),
    ("PATCH", "/api/v1/auth/me"),
    ("POST", "/api/v1/keys"),
    ("POST", "/api/v1/topics"),
    ("POST", "/api/v1/sources"),
    ("POST", "/api/v1/subscriptions"),
    ("POST", "/api/v1/subscriptions/preview"),
    ("POST", "/api/v1/rules"),
    ("PUT", "/api/v1/preferences"),
    ("POST", "/api/v1/preferences"),
    ("POST", "/api/v1/events"),
    ("POST", "/api/v1/notifications"),
    ("POST", "/api/v1/notifications/read"),
    ("PUT", "/api/v1/users/bob"),
    ("POST", "/register"),
    ("POST", "/login"),
    ("POST", "/token"),
    ("POST", "/notify"),
    ("POST", "/subscribe"),
    ("POST", "/preferences"),
]
# What every route reads one of, each with a value that no field can mean.
FIELDS = (
    "email", "username", "password", "refresh_token", "timezone", "name", "scopes", "slug", "url",
    "topic", "kind", "subscribed", "priority", "category", "delivery", "title", "message",
    "user_id", "ids", "preferences", "language", "audience", "release_time", "metadata",
    "query", "action",
)  # fmt: skip


ALL_OPTIONAL = ("preferences", "/users/bob", "/auth/me")  # every field of theirs is


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def everywhere(value: Any) -> str:
    return json.dumps(dict.fromkeys(FIELDS, value))


BODIES: dict[str, str | bytes] = {
    "nothing": "",
    "half": '{"title": ',
    "not JSON": "title=x",
    "bad bytes": b'{"title": "\xff\xfe"}',
    "a surrogate": '{"title": "\\ud800"}',
    "null": "null",
    "a number": "7",
    "a text": '"x"',
    "an array of arrays": "[[[]]]",
    "wrong types": everywhere({"a": [1]}),
    "lists": everywhere([[], {}]),
    "null bytes": everywhere("a\0b"),
    "a huge number": everywhere(10**400),
    "infinity": '{"title": 1e999, "user_id": 1e999, "ids": [1e999], "email": 1e999}',
    "deep": nested(100_000),
    "deep inside": '{"data": ' + nested(900) + ', "metadata": ' + nested(900) + "}",
    "2 MiB": json.dumps({"title": "x" * 2 * 1024**2}),
}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with Product(tmp_path_factory.mktemp("bad")) as running:
        yield running


@pytest.fixture(scope="module")
def headers(product: Product) -> dict[str, str]:
    return {"Authorization": f"Bearer {product.admin().token}", "Content-Type": "application/json"}


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_bad_body_is_answered_with_a_reason(
    product: Product, headers: dict[str, str], method: str, path: str
) -> None:
    for name, body in BODIES.items():
        data = body.encode() if isinstance(body, str) else body
        answer = requests.request(
            method, product.url + path, data=data, headers=headers, timeout=20
        )
        if path.endswith(ALL_OPTIONAL) and answer.status_code < 300:
            continue  # a body that names none of them says nothing wrong
        assert 400 <= answer.status_code < 500, (name, answer.status_code, answer.text[:200])
        assert answer.json(), name
        assert name != "2 MiB" or answer.status_code == 413
