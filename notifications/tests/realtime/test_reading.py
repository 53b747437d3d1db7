import orjson
import pytest

from accounts.models import User
from notifications.models import Event
from notifications.realtime import reading
from notifications.realtime.reading import Page, read
from notifications.tests.realtime.making import person, tell_silently

pytestmark = pytest.mark.django_db


def told(page: Page) -> dict[int, list[str]]:
    return {
        user_id: [orjson.loads(item.text)["message"] for item in news]
        for user_id, news in page.news.items()
    }


def two_people() -> tuple[User, User]:
    ann, bob = person(), person("bob@example.org")
    for message in ("first", "second", "third"):
        tell_silently(ann, message)
        tell_silently(bob, f"{message} of Bob")
    return ann, bob


def test_page_has_for_each_what_lies_beyond_his_cursor_when_they_differ() -> None:
    ann, bob = two_people()
    page = read({ann.pk: 1, bob.pk: 2})

    assert told(page) == {ann.pk: ["second", "third"], bob.pk: ["third of Bob"]}
    assert page.unfinished == set()


def test_page_is_empty_when_nothing_is_new() -> None:
    ann, bob = two_people()
    assert read({ann.pk: 3, bob.pk: 99}) == Page()


@pytest.mark.parametrize(("name", "limit"), [("PAGE_ROWS", 4), ("PAGE_BYTES", 1_300)])
def test_pages_bring_everything_once_when_one_is_too_small(
    monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    ann, bob = two_people()
    monkeypatch.setattr(reading, name, limit)
    first = read({ann.pk: 0, bob.pk: 0})
    second = read({user: first.news[user][-1].revision for user in first.unfinished})

    assert first.unfinished == {bob.pk}
    assert told(first) == {ann.pk: ["first", "second", "third"], bob.pk: ["first of Bob"]}
    assert told(second) == {bob.pk: ["second of Bob", "third of Bob"]}
    assert second.unfinished == set()


def test_page_tells_how_far_it_reached_when_its_events_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann, bob = two_people()
    Event.objects.exclude(message="third of Bob").delete()
    monkeypatch.setattr(reading, "PAGE_ROWS", 2)
    page = read({ann.pk: 0, bob.pk: 0})

    assert (page.news, page.reached, page.unfinished) == ({}, {ann.pk: 2}, {ann.pk, bob.pk})
