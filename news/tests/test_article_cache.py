from typing import Any

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import Role
from accounts.tests.factories import client_of, make_user
from news import article_cache
from news.tests.factories import make_article, make_source, make_topic
from subscriptions.models import Subscription

pytestmark = pytest.mark.django_db(transaction=True)
ARTICLES = "/api/v1/articles"


@pytest.fixture(autouse=True)
def _kept_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(article_cache, "KEEP_SECONDS", 60)  # a slow machine is no reason to miss


def asked(client: APIClient, query: str = "", **headers: str) -> tuple[str, Any]:
    answer = client.get(f"{ARTICLES}{query}", headers=headers)
    assert answer.status_code == 200
    return answer["X-Cache"], answer.content


def test_list_is_the_same_and_a_hit_when_asked_for_again() -> None:
    source = make_source(topic=make_topic("own"))
    for _ in range(3):
        make_article(source)
    for query in ("", "?limit=2", "?topic=own", "?sort=published", "?q=Article", "?page=2"):
        (first, made), (second, kept) = asked(client_of(), query), asked(client_of(), query)
        assert (first, second, kept) == ("miss", "hit", made)
    answer = client_of().get(ARTICLES)
    assert (answer["Content-Type"], answer["X-Cache"]) == ("application/json", "hit")


def test_list_is_made_anew_when_something_was_published() -> None:
    source = make_source(topic=make_topic())
    asked(client_of())
    make_article(source, "Water found on the Moon")
    article_cache.outdate()
    state, body = asked(client_of())
    assert state == "miss"
    assert b"Water found on the Moon" in body


@pytest.mark.parametrize("change", ["topic renamed", "source moved", "source deleted", "merged"])
def test_list_is_made_anew_when_a_topic_or_source_was_changed(change: str) -> None:
    editor = client_of(make_user(role=Role.EDITOR))
    old, new = make_topic("old"), make_topic("new")
    source = make_source(topic=old)
    make_article(source)
    asked(client_of())
    {
        "topic renamed": lambda: editor.patch("/api/v1/topics/old", {"slug": "other"}),
        "source moved": lambda: editor.patch(f"/api/v1/sources/{source.pk}", {"topic": new.slug}),
        "source deleted": lambda: editor.delete(f"/api/v1/sources/{source.pk}"),
        "merged": lambda: editor.delete("/api/v1/topics/old?into=new"),
    }[change]()
    state, body = asked(client_of())
    assert state == "miss"
    assert b'"topic":"old"' not in body


def test_list_holds_what_the_viewer_may_see_when_others_asked_before() -> None:
    make_article(make_source(topic=make_topic()), "For everybody")
    brought = make_source(is_brought=True)
    make_article(brought, "For one")
    follower = make_user()
    Subscription.objects.create(user=follower, kind="source", source=brought)
    people = [client_of(), client_of(make_user()), client_of(follower)]
    people.append(client_of(make_user(role=Role.EDITOR)))
    for _ in range(2):
        assert [b"For one" in asked(person)[1] for person in people] == [False, False, True, True]
    assert [asked(person)[0] for person in people] == ["hit", "hit", "miss", "miss"]


def test_list_is_what_was_asked_for_when_another_form_is_kept() -> None:
    asked(client_of())
    assert asked(client_of(), accept="text/html")[1].lstrip().startswith(b"<!DOCTYPE html>")
    assert asked(client_of(), accept="application/json; indent=4")[1].startswith(b"{\n    ")
    other = client_of().get(ARTICLES, headers={"host": "localhost"})
    assert other["X-Cache"] == "miss"


def test_list_stays_closed_when_login_is_required(settings: Any) -> None:
    asked(client_of())
    settings.REQUIRE_LOGIN = True
    answer = client_of().get(ARTICLES)
    assert (answer.status_code, "X-Cache" in answer) == (401, False)


def test_kept_list_is_for_those_who_may_read_when_the_house_was_closed(settings: Settings) -> None:
    make_article(make_source(topic=make_topic()))
    assert [asked(client_of())[0] for _ in range(2)] == ["miss", "hit"]
    settings.REQUIRE_LOGIN = True
    assert client_of().get(ARTICLES).status_code == 401
    assert asked(client_of(make_user()))[0] == "hit"


@pytest.mark.parametrize("header", ["Bearer nonsense", "Api-Key nonsense"])
def test_kept_list_is_refused_when_credentials_are_wrong(header: str) -> None:
    asked(client_of())
    answer = client_of().get(ARTICLES, headers={"Authorization": header})
    assert answer.status_code == 401


def test_kept_list_has_the_headers_of_any_answer() -> None:
    first, second = (client_of().get(ARTICLES) for _ in range(2))
    assert (first["X-Cache"], second["X-Cache"]) == ("miss", "hit")
    for name in ("X-Content-Type-Options", "Content-Security-Policy", "X-Request-Id"):
        assert name in second.headers
    assert int(second["Content-Length"]) == len(second.content)
