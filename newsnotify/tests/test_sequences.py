"""Documents that follow one another, and who is told of what: from HTTP to notification rows."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.utils.timezone import now as clock
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.tests.factories import make_user
from news import services
from news.models import Article, Revision, Source
from news.tests.factories import NOW, item, items, make_source, make_topic, rss
from newsnotify.lib.outbound import OutboundPolicy
from newsnotify.lib.tests.servers import Answer, Server
from notifications.fanout import fan_out_due
from notifications.models import Notification
from notifications.tests.factories import follow

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FRESH = "Fresh"


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.1")
    with Server() as running:
        yield running


@pytest.fixture
def source(server: Server) -> Source:
    return make_source(f"{server.url}/feed", topic=make_topic())


@pytest.fixture
def reader(source: Source) -> User:
    user = make_user()
    follow(user, source)
    return user


Publish = Callable[..., None]


@pytest.fixture
def publish(server: Server, source: Source, reader: User) -> Publish:
    """Let the source have these items, crawl it, and tell people."""

    def publish(*items: str, at: datetime | None = None, of: Source = source) -> None:
        server.respond = lambda _: Answer(body=rss(*items))
        if at is None:
            services.crawl_now(source=of)
        else:
            Source.objects.filter(pk=of.pk).update(next_fetch_at=at)
            services.crawl_due(lambda: at)
        fan_out_due(at or clock())

    return publish


def told(user: User) -> list[str]:
    """List what a person was told, oldest first."""
    rows = Notification.objects.filter(user=user).select_related("event")
    return [row.event.title for row in rows.order_by("pk")]


def dated(name: str, day: datetime) -> str:
    return item(name, extra=f"<pubDate>{day:%a, %d %b %Y %H:%M:%S} GMT</pubDate>")


def test_nobody_is_told_when_a_hundred_guids_flip(publish: Publish, reader: User) -> None:
    flipped = [item(f"n{n}", guid=f"another-{n}") for n in range(100)]
    publish(*items(range(100)))
    publish(*flipped)
    assert (Article.objects.count(), told(reader)) == (100, [])
    publish(*items(range(100)))
    publish(*items(range(50)), *flipped[50:])
    assert (Article.objects.count(), told(reader)) == (100, [])
    publish(item(FRESH), *flipped)
    assert told(reader) == [FRESH]


def test_nobody_is_told_when_an_article_is_edited(publish: Publish, reader: User) -> None:
    publish(item("a", "Old."))
    publish(item("a", "New."), item(FRESH))
    assert Article.objects.get(title="a").summary == "New."
    assert told(reader) == [FRESH]
    publish(item("a", "Newer."), item(FRESH, "Edited at once."))
    assert told(reader) == [FRESH]


def test_former_text_is_kept_when_an_article_is_edited(publish: Publish) -> None:
    publish(item("a", "Old."))
    first_seen_at = Article.objects.get().first_seen_at
    publish(item("a", "New."))
    article, revision = Article.objects.get(), Revision.objects.get()
    assert (revision.article, revision.title, revision.summary) == (article, "a", "Old.")
    assert revision.content == "Old."
    assert (revision.written_at, revision.replaced_at) == (first_seen_at, article.updated_at)
    publish(item("a", "New."), item(FRESH))
    assert Revision.objects.count() == 1


def test_former_links_lead_where_they_led_when_an_article_has_moved(publish: Publish) -> None:
    old = "<![CDATA[<a href='x'>Old</a><img src='/1.png'>]]>"
    publish(item("a", old).replace("org/a<", "org/b/a<"))
    publish(item("a", old.replace("1.png", "2.png")))
    assert not Revision.objects.exists()  # it reads the same
    publish(item("a", "New."))
    [revision] = Revision.objects.all()
    assert 'href="https://example.org/x"' in revision.content
    publish(item("a", old).replace("org/a<", "org/b/a<"))
    publish(item("a", "New."))
    assert 'href="https://example.org/b/x"' in Revision.objects.order_by("pk")[2].content


def test_nobody_is_told_again_when_an_article_leaves_and_returns(
    publish: Publish, reader: User
) -> None:
    publish(item("a"))
    publish(item("a"), item("b"))
    publish(item("a"))
    publish(item("c"))
    publish(item("a"), item("b"), item("c"))
    assert told(reader) == ["b", "c"]
    assert Article.objects.count() == 3


def test_one_is_told_once_when_two_sources_have_the_same_story(
    publish: Publish, server: Server, source: Source, reader: User
) -> None:
    other = make_source(f"{server.url}/other", topic=make_topic())
    follow(reader, other)
    elsewhere = make_user()
    follow(elsewhere, other)
    for one in (source, other):
        publish(item("old"), of=one)
    publish(item("old"), item("story"), of=source)
    publish(item("old"), item("story", "In other words.", guid="its own"), of=other)
    assert Article.objects.filter(title="story").count() == 2
    assert (told(reader), told(elsewhere)) == (["story"], ["story"])


@pytest.mark.parametrize("hours", [-1, 1])
def test_nothing_is_lost_or_repeated_when_our_clock_is_set(
    publish: Publish, reader: User, hours: int
) -> None:
    shifted = NOW + hours * HOUR
    publish(item("a"), at=NOW)
    publish(item("a"), item("b"), at=NOW)
    publish(item("a"), item("b"), item("c"), at=shifted)
    publish(item("a"), item("b"), item("c"), item("d"), at=shifted)
    publish(item("a"), item("b"), item("c"), item("d"), item("e"), at=NOW)
    assert told(reader) == ["b", "c", "d", "e"]
    assert Article.objects.count() == 5


@pytest.mark.parametrize("hours", [-1, 1])
def test_nothing_is_lost_or_repeated_when_the_publishers_clock_is_off(
    publish: Publish, reader: User, hours: int
) -> None:
    theirs = clock() + hours * HOUR
    publish(dated("a", theirs))
    publish(dated("b", theirs), dated("a", theirs))
    publish(dated("b", theirs - hours * HOUR), dated("a", theirs - hours * HOUR))
    publish(dated("c", theirs), dated("b", theirs), dated("a", theirs))
    assert told(reader) == ["b", "c"]
    assert Article.objects.count() == 3


def test_one_notification_tells_of_all_when_thirty_are_new_at_once(
    publish: Publish, source: Source, reader: User
) -> None:
    publish(item("old"))
    publish(item("old"), *items(range(30)))
    [notification] = Notification.objects.filter(user=reader).select_related("event")
    event = notification.event
    assert event.title == f"30 new articles from {Source.objects.get()}"
    assert (event.article, event.url) == (None, "https://example.org/")
    assert source.articles.count() == 31
    publish(item(FRESH), *items(range(30)))
    assert told(reader) == [event.title, FRESH]


def test_nobody_is_told_when_a_crawl_is_the_first(publish: Publish, reader: User) -> None:
    publish(*items(range(5)))
    assert told(reader) == []
    publish(*items(range(5)), item(FRESH))
    assert told(reader) == [FRESH]


def test_nobody_is_told_when_a_source_is_taken_up_again(
    publish: Publish, source: Source, reader: User
) -> None:
    publish(item("a"))
    services.change_source(source=source, is_paused=True)
    publish(item("a"), item("missed"))
    services.change_source(source=source, is_paused=False)
    publish(item("a"), item("missed"), item("missed too"))
    assert (Article.objects.count(), told(reader)) == (3, [])
    publish(item("a"), item(FRESH))
    assert told(reader) == [FRESH]


def test_nobody_is_told_when_all_dates_are_new(publish: Publish, reader: User) -> None:
    for days in range(3):
        publish(*(dated(f"n{n}", NOW + timedelta(days=days, minutes=n)) for n in range(30)))
    assert (Article.objects.count(), told(reader)) == (30, [])
    publish(dated(FRESH, NOW), *(dated(f"n{n}", NOW) for n in range(30)))
    assert told(reader) == [FRESH]
