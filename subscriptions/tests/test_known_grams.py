"""Many add queries at once: each is found by the next who looks, whoever commits first."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest
from django.db import connections

from accounts.models import User
from accounts.tests.factories import make_user
from subscriptions import known_grams, query_index, services
from subscriptions.keywords import Document
from subscriptions.models import KeywordAnchor, Subscription
from subscriptions.query_index import News

pytestmark = pytest.mark.django_db(transaction=True)
THREADS, EACH = 4, 25


def news(text: str) -> News:
    return News(Document.of(title=text, message=text), None, None)


def is_found_by_the_next(user: User, word: str) -> bool:
    row, _ = services.follow_query(user=user, query=word)
    return query_index.find([news(word)]) == [[row.query_id]]


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(THREADS) as pool:
        yield pool
        for _ in as_completed([pool.submit(connections.close_all) for _ in range(THREADS)]):
            pass


def test_each_of_many_added_at_once_is_found_by_whoever_looks_next(
    pool: ThreadPoolExecutor,
) -> None:
    users = [make_user(f"{number}@example.org") for number in range(THREADS)]
    words = [f"word{number}" for number in range(THREADS * EACH)]
    found = list(pool.map(is_found_by_the_next, users * EACH, words))
    assert all(found)
    assert all(query_index.find([news(word)]) != [[]] for word in words)


def test_those_who_follow_the_same_queries_in_another_order_do_not_hinder_each_other(
    pool: ThreadPoolExecutor,
) -> None:
    words = [f"word{number}" for number in range(EACH)]

    def follow(number: int) -> None:
        wishes = [{"query": word} for word in (words[::-1] if number % 2 else words)]
        services.rearrange(user=users[number], follow=wishes, unfollow_ids=[])

    users = [make_user(f"{number}@example.org") for number in range(THREADS)]
    assert list(pool.map(follow, range(THREADS))) == [None] * THREADS
    assert Subscription.objects.count() == THREADS * EACH
    assert KeywordAnchor.objects.count() == EACH


def test_what_is_asked_for_no_more_is_forgotten_within_a_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = make_user("reader@example.org")
    row, _ = services.follow_query(user=user, query="apple")
    gram = KeywordAnchor.objects.get().gram
    grams = known_grams.KnownGrams()
    assert grams.among({gram, gram + 1}) == {gram}
    services.unfollow(user=user, ids=[row.pk])
    assert grams.among({gram}) == {gram}, "of no harm, but for the time to look it up"
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + known_grams.KEEP_SECONDS)
    assert not grams.among({gram})


def test_more_than_one_reading_has_are_all_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_grams, "AT_ONCE", 3)
    user = make_user("reader@example.org")
    for number in range(7):
        services.follow_query(user=user, query=f"word{number}")
    stored = set(KeywordAnchor.objects.values_list("gram", flat=True))
    assert len(stored) == 7
    assert known_grams.KnownGrams().among(stored) == stored
