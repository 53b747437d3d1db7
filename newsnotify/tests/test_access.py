"""Every route and everybody who may come: exactly those who are allowed are answered 2xx."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import IsAuthenticated
from rest_framework.test import APIClient
from rest_framework.views import APIView

from accounts import keys, links, sign_ins, tokens
from accounts.links import Kind
from accounts.models import Role, Scope, User
from accounts.sign_ins import Origin
from accounts.tests.factories import client_of, make_user
from news.tests.factories import make_article, make_source, make_topic
from newsnotify.tests.access import ROUTES, Multipart, Route, Who
from subscriptions.models import Subscription
from subscriptions.rules import make_rule
from subscriptions.services import follow_topic

METHODS = {"get", "post", "put", "patch", "delete"}
PARAMETER = re.compile(r"\{\w+\}")
DOCUMENTATION = {"openapi.json", "docs", "redoc"}
ENTRIES = [(group, route) for group, (_, routes) in ROUTES.items() for route in routes]


@dataclass(frozen=True)
class World:
    """One reader with one of everything, and a client for everybody who may come."""

    rows: dict[str, str]
    clients: dict[Who, APIClient]

    def send(self, who: Who, route: Route) -> Any:
        call = getattr(self.clients[who], route.method.lower())
        encoding = "multipart" if isinstance(route.body, Multipart) else "json"
        return call(self._filled(route.path), self._filled(route.body), format=encoding)

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._filled(each) for name, each in value.items()}
        return value.format(**self.rows) if isinstance(value, str) else value


def with_key(*scopes: Scope) -> APIClient:
    client = APIClient()
    text = keys.issue(name="tests", scopes=scopes)[1]
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {text}")
    return client


@pytest.fixture
def world(db: None) -> World:
    reader = make_user("reader@example.org")
    make_user(role=Role.ADMIN)  # so that the other may leave
    clients = {
        Who.NOBODY: client_of(),
        Who.READER: client_of(reader),
        Who.OTHER: client_of(make_user()),
        Who.EDITOR: client_of(make_user(role=Role.EDITOR)),
        Who.ADMIN: client_of(make_user(role=Role.ADMIN)),
        Who.BARE_KEY: with_key(),
        Who.KEY: with_key(*Scope),
    }
    return World(rows_of(reader, clients[Who.KEY]), clients)


def rows_of(reader: User, producer: APIClient) -> dict[str, str]:
    topic = make_topic("own")
    source = make_source("https://127.0.0.1:9/feed.xml", topic=topic)
    follow_topic(user=reader, topic=topic)
    told = producer.post("/api/v1/notifications", {"user_id": reader.pk, "message": "x"}).json()
    found = {
        "reader": reader.pk,
        "topic": topic.slug,
        "empty_topic": make_topic().slug,
        "source": source.pk,
        "article": make_article(source).pk,
        "subscription": Subscription.objects.get().pk,
        "rule": make_rule(user=reader, query="sun", action="read")[0].pk,
        "notification": told["id"],
        "event": told["event_id"],
        "sign_in": sign_ins.begin(user=reader, origin=Origin(), current=b"x" * 32).pk,
        "refresh_token": tokens.sign_in(reader)["refresh_token"],
        "verify_token": links.token(Kind.VERIFY, reader),
        "reset_token": links.token(Kind.RESET_PASSWORD, reader),
        "key": keys.issue(name="another", scopes=[])[0].pk,
        "external_id": "crm-7",
    }
    return {name: str(value) for name, value in found.items()}


@pytest.mark.parametrize(("group", "route"), ENTRIES, ids=str)
def test_exactly_those_who_may_are_answered(world: World, group: str, route: Route) -> None:
    allowed, _ = ROUTES[group]
    found = {}
    for who in Who:
        with transaction.atomic():
            found[who] = world.send(who, route).status_code
            transaction.set_rollback(True)
    assert {who for who, code in found.items() if 200 <= code < 300} == allowed, found
    refused = {who: code for who, code in found.items() if who not in allowed}
    assert refused.pop(Who.NOBODY, 401) == 401
    assert set(refused.values()) <= {403, 404}


def documented_paths() -> dict[str, Any]:
    found: dict[str, Any] = client_of().get("/openapi.json").json()["paths"]
    return found


def test_every_route_stands_in_the_table_once() -> None:
    documented = sorted(
        f"{method.upper()} {PARAMETER.sub('{}', path)}"
        for path, operations in documented_paths().items()
        for method in operations
        if method in METHODS
    )
    assert sorted(PARAMETER.sub("{}", str(route)) for _, route in ENTRIES) == documented


def api_views(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, type[APIView]]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from api_views(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and hasattr(pattern.callback, "cls"):
            yield path, pattern.callback.cls


def test_every_view_of_the_api_is_in_the_document_or_is_the_document() -> None:
    documented = {PARAMETER.sub("{}", path).strip("/") for path in documented_paths()}
    routes = {re.sub(r"<[^>]*>", "{}", path) for path, _ in api_views(get_resolver().url_patterns)}
    assert routes - documented == DOCUMENTATION


def test_view_that_says_nothing_is_closed() -> None:
    assert list(APIView.permission_classes) == [IsAuthenticated]
