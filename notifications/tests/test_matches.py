"""People who are told because a keyword query of theirs matches."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from accounts.tests.factories import client_of, make_user
from news.models import Source, Topic
from news.tests.factories import NOW, make_source, make_topic
from notifications import fanout, matches, posting
from notifications.fanout import fan_out_due
from notifications.models import Event, EventMatch
from notifications.tests.factories import announce, follow, ids_of, make_event, told_of
from subscriptions import queries
from subscriptions.match import why
from subscriptions.models import KeywordQuery, Subscription
from subscriptions.services import follow_query, unfollow

pytestmark = pytest.mark.django_db


def askers(query: str, count: int = 1, **limits: Any) -> list[User]:
    users = [make_user() for _ in range(count)]
    for user in users:
        follow_query(user=user, query=query, **limits)
    return users


def told(event: Event) -> list[int]:
    fan_out_due(NOW)
    event.refresh_from_db()
    assert event.fanned_out_at == NOW
    return told_of(event)


def test_event_without_topic_reaches_who_asks_for_its_words_and_nobody_else() -> None:
    apple, pie = askers("apple"), askers('"apple pie" -cherry')
    askers("cherry")
    follow(make_user(), make_topic())
    event = make_event(title="Apples", message="An apple pie.")
    assert told(event) == ids_of([*apple, *pie])
    assert event.match_count == EventMatch.objects.filter(event=event).count() == 2


def test_article_reaches_who_asks_for_words_of_title_summary_topic_and_source() -> None:
    source = make_source("https://news.example/feed", topic=make_topic("own"), title="The Daily")
    expected = [
        user
        for query in ("título", "summary", "source:daily", "source:news.example", "topic:own")
        for user in askers(query)
    ]
    for query in ("content", "daily", "own", "title:summary", "published"):
        askers(query)
    article = announce(
        source, title="Titulo", own_summary="A summary", raw_content="<p>content</p>"
    )
    fan_out_due(NOW)
    assert told_of(Event.objects.get(article=article)) == ids_of(expected)


def test_query_looks_only_where_it_is_to_look() -> None:
    topic, other = make_topic(), make_topic()
    source = make_source(topic=topic)
    here = [askers("apple", topic=topic), askers("apple", source=source)]
    here.append(askers("apple", topic=topic, source=source))
    askers("apple", topic=other)
    askers("apple", topic=topic, source=make_source(topic=topic))
    event = make_event(title="Apple", topic=topic, source=source)
    assert told(event) == ids_of(user for users in here for user in users)


def test_article_of_a_source_that_a_reader_brought_reaches_none_but_its_followers() -> None:
    source = make_source(is_brought=True)
    follower, muted, *others = askers("apple", 4)
    follow(follower, source)
    follow(muted, source)
    Subscription.objects.filter(user=muted, source=source).update(is_paused=True)
    article = announce(source, title="Apple")
    fan_out_due(NOW)
    event = Event.objects.get(article=article)
    assert told_of(event) == ids_of([follower, muted])
    for user, count in ((follower, 2), (muted, 2), *((other, 0) for other in others)):
        reasons = why(user=user, news=matches.news_of(event), priority="medium", moment=NOW)
        assert len(reasons) == count


def test_subscription_counts_from_the_next_event_and_until_it_ends() -> None:
    assert told(make_event(title="Apple")) == []
    [user] = askers("apple")
    assert told(make_event(title="Apple")) == [user.pk]
    row = Subscription.objects.get()
    answer = client_of(user).patch(f"/api/v1/subscriptions/{row.pk}", {"query": "pear"})
    assert answer.status_code == 200
    assert told(make_event(title="Apple")) == []
    assert told(make_event(title="Pear")) == [user.pk]
    unfollow(user=user, ids=[row.pk])
    assert told(make_event(title="Pear")) == []


def test_person_is_told_once_however_many_subscriptions_match(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fanout, "CHUNK", 3)
    topic, source = make_topic(), make_source()
    users = [make_user() for _ in range(10)]
    for number, user in enumerate(users):
        wanted: list[Topic | Source] = [topic, source]
        follow(user, *wanted[number % 2 : number % 3])
        for query in ("apple", "pie", "title:apple", "apple OR cherry")[: 1 + number % 4]:
            follow_query(user=user, query=query)
    assert told(make_event(title="Apple pie", topic=topic, source=source)) == ids_of(users)


@pytest.mark.parametrize("large", [0, 2, 5, 100])
@pytest.mark.parametrize("at_most", [1, 16])
def test_everybody_is_told_once_whatever_the_chunks_and_however_many_ask(
    monkeypatch: pytest.MonkeyPatch, large: int, at_most: int
) -> None:
    monkeypatch.setattr(fanout, "CHUNK", 4)
    monkeypatch.setattr(matches, "LARGE", large)
    monkeypatch.setattr(matches, "AT_MOST", at_most)
    users = [*askers("apple", 9), *askers("pie", 4), *askers("apple OR x", 2), *askers("pie*", 1)]
    for user in users[::3]:
        follow_query(user=user, query='"apple pie"')
    askers("cherry", 5)
    assert told(make_event(title="Apple pie")) == ids_of(users)
    found = EventMatch.objects.filter(is_large=True).count()
    assert found == min(at_most, {0: 5, 2: 3, 5: 2, 100: 0}[large])


def test_link_that_was_told_reaches_who_asks_for_words_of_the_second_article() -> None:
    first, second, both = askers("apple"), askers("pear"), askers("news")
    for title in ("Apple news", "Pear news"):
        announce(make_source(topic=make_topic()), "https://example.org/a", title=title)
        fan_out_due(NOW)
    event = Event.objects.get(told_as=None)
    assert told_of(event) == ids_of([*first, *second, *both])


def test_addressed_event_keeps_to_its_audience() -> None:
    askers("apple")
    [meant, follower] = make_user(), make_user()
    topic = make_topic()
    follow(follower, topic)
    event = posting.post_event(
        producer=posting.Producer(),
        fields={"title": "Apple", "message": "pie"},
        audience=posting.Audience(users=[meant], topics=[topic.pk]),
        now=NOW,
    )
    assert told(event) == ids_of([meant, follower])
    assert not EventMatch.objects.exists()


@pytest.mark.parametrize(
    ("limits", "is_told"),
    [
        ({"is_paused": True}, False),
        ({"muted_until": NOW + timedelta(minutes=1)}, False),
        ({"muted_until": NOW}, True),
        ({"min_priority": 2}, False),
        ({"min_priority": 1}, True),
    ],
)
@pytest.mark.parametrize("is_widened", [False, True])
def test_limits_keep_news_back_by_the_moment_of_its_release(
    limits: dict[str, Any], is_told: bool, is_widened: bool
) -> None:
    users = askers("apple", **limits)
    before = make_event(title="Pear", fanned_out_at=NOW)
    event = make_event(title="Apple", told_as=before if is_widened else None)
    fan_out_due(NOW + timedelta(days=1))  # late, and nothing that ended meanwhile lets it through
    expected = ids_of(users) if is_told else []
    assert told_of(before if is_widened else event) == expected


def test_event_that_matches_after_a_kill_means_the_same_queries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fanout, "CHUNK", 3)
    users = askers("apple", 8)

    class Killed(BaseException):
        pass

    def kill(execute: object, sql: str, *rest: object) -> object:
        if "FROM fan_out_chunk chunk" in sql and Event.objects.get().rows_until == 0:
            calls.append(sql)
            if len(calls) == 2:
                raise Killed
        return execute(sql, *rest)  # type: ignore[operator]

    calls: list[str] = []
    event = make_event(title="Apple")
    with connection.execute_wrapper(kill), pytest.raises(Killed):
        fan_out_due(NOW)
    late = askers("apple OR apples", 1)  # asks for it when it is on its way already
    event.lanes.update(leased_until=NOW)
    fan_out_due(NOW)
    assert told_of(event) == ids_of(users)
    assert told(make_event(title="Apple")) == ids_of([*users, *late])


def test_query_that_nobody_asks_any_more_tells_nobody_and_goes() -> None:
    [gone] = askers("apple")
    event = make_event(title="Apple")
    assert told(event) == [gone.pk]
    gone.delete()
    assert KeywordQuery.objects.exists()
    assert told(make_event(title="Apple")) == []
    assert queries.prune(NOW + timedelta(days=10_000)) == 1
    assert not KeywordQuery.objects.exists()


def test_event_costs_the_same_statements_when_no_query_matches_it(
    django_assert_max_num_queries: object,
) -> None:
    topic: Topic = make_topic()
    askers("apple")
    for number in range(10):
        make_event(title=f"Pear {number}", topic=topic)
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        assert fan_out_due(NOW) == 0
    assert not Event.objects.filter(fanned_out_at=None).exists()
