import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.serializers import ModelSerializer
from rest_framework.test import APIRequestFactory

from accounts.models import User
from newsnotify.lib import paging

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 1, tzinfo=UTC)
ONE_MICROSECOND = timedelta(microseconds=1)


class UserSerializer(ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id",)


class ById(ListAPIView[User]):
    queryset = User.objects.all()
    serializer_class = UserSerializer
    permission_classes = ()
    filter_backends = ()


class ByTime(ById):
    keyset = ("created_at", "id")


def add(count: int, at: datetime = START) -> list[int]:
    return [User.objects.create(created_at=at).pk for _ in range(count)]


def get(url: str = "/", view: type[ListAPIView[User]] = ById) -> Response:
    return view.as_view()(APIRequestFactory().get(url))


def ids(response: Response) -> list[int]:
    return [row["id"] for row in response.data["results"]]


def pages(url: str, view: type[ListAPIView[User]] = ById) -> Iterator[list[int]]:
    """Follow `next` from here to the end."""
    following: str | None = url
    while following:
        response = get(following, view)
        yield ids(response)
        following = response.data["next"]


def anchor(*values: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def test_list_has_count_neighbours_and_results_newest_first_when_asked() -> None:
    made = add(5)
    first = get("/?limit=2").data
    assert list(first) == ["count", "next", "previous", "results"]
    assert (first["count"], first["previous"]) == (5, None)
    assert ids(get("/?limit=2")) == [made[4], made[3]]
    second = get("/?limit=2&page=2").data
    assert second["previous"] == "http://testserver/?limit=2&page=1"


def test_list_has_twenty_rows_when_no_limit_is_given() -> None:
    add(21)
    assert len(ids(get())) == 20
    assert len(ids(get("/?limit=100"))) == 21


def test_page_is_found_by_number_when_asked_for_without_an_anchor() -> None:
    made = add(5)
    assert ids(get("/?limit=2&page=3")) == [made[0]]


def test_page_is_empty_when_it_is_after_the_last() -> None:
    add(2)
    for page in ("2", "9" * 18):
        data = get(f"/?page={page}").data
        assert (data["count"], data["next"], data["results"]) == (2, None, [])


def test_following_next_shows_each_row_once_when_rows_are_added_meanwhile() -> None:
    made = add(7)
    seen = []
    for page in pages("/?limit=2"):
        seen += page
        add(3)
    assert seen == made[::-1]


def test_following_next_shows_each_row_once_when_many_share_a_moment() -> None:
    made = [*add(3), *add(3, START + ONE_MICROSECOND), *add(3, START + 2 * ONE_MICROSECOND)]
    seen = []
    for page in pages("/?limit=2", ByTime):
        seen += page
        add(2, START + timedelta(days=1))
    assert seen == made[::-1]


def test_following_next_goes_on_when_the_row_it_stopped_at_is_deleted() -> None:
    made = add(4)
    following = get("/?limit=2").data["next"]
    User.objects.filter(pk=made[2]).delete()
    assert ids(get(following)) == [made[1], made[0]]


def test_next_keeps_what_was_asked_when_there_are_filters() -> None:
    add(3)
    following = get("/?limit=2&q=a%26b&topic=x").data["next"]
    assert "q=a%26b" in following
    assert "topic=x" in following
    assert "page=2" in following


@pytest.mark.parametrize("is_over", [True, False])
def test_count_is_capped_only_when_filtered_and_large(
    monkeypatch: pytest.MonkeyPatch, is_over: bool
) -> None:
    monkeypatch.setattr(paging, "COUNT_CAP", 3)
    add(4 if is_over else 3)
    filtered, plain = get("/?q=x").data, get("/?limit=1&page=1&sort=seen&format=json").data
    assert filtered["count"] == 3
    assert filtered.get("count_capped", False) == is_over
    assert (plain["count"], "count_capped" in plain) == (4 if is_over else 3, False)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=abc", "page"),
        ("page=", "page"),
        ("page=1.5", "page"),
        ("page=%00", "page"),
        ("page=٣", "page"),
        ("page=" + "9" * 5000, "page"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
    ],
)
def test_list_answers_400_when_a_number_is_wrong(query: str, field: str) -> None:
    response = get(f"/?{query}")
    assert (response.status_code, list(response.data)) == (400, [field])


@pytest.mark.parametrize("view", [ById, ByTime])
@pytest.mark.parametrize(
    "text",
    [
        "x",
        "%F0",
        "é",
        "bnVsbA",
        anchor(),
        anchor({}),
        anchor("1"),
        anchor(1.5),
        anchor(2**63),
        anchor([1]),
        anchor("2020-01-01T00:00:00Z"),
        anchor(1, 2),
        anchor("x", 1),
        anchor("0001-01-01T00:00:00+14:00", 1),
        anchor("2020-01-01T00:00:00Z", "x"),
        anchor("2020-01-01T00:00:00Z", 1, 1),
    ],
)
def test_list_answers_400_when_an_anchor_is_made_up(
    text: str, view: type[ListAPIView[User]]
) -> None:
    response = get(f"/?anchor={text}", view)
    assert (response.status_code, list(response.data)) == (400, ["anchor"])
