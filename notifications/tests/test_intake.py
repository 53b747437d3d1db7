from datetime import timedelta

import pytest

from accounts.tests.factories import make_user
from news.models import Announcement
from news.tests.factories import NOW, make_source, make_topic
from notifications import fanout
from notifications.fanout import fan_out_due
from notifications.models import Event, Inbox
from notifications.tests.factories import announce, follow, ids_of, make_followers, told_of

pytestmark = pytest.mark.django_db


def test_link_is_told_once_when_two_sources_publish_it_within_three_days() -> None:
    first, second = make_source(), make_source()
    both, one, other = make_user(), make_user(), make_user()
    follow(both, first, second)
    follow(one, first)
    follow(other, second)
    announce(first, "https://example.org/a")
    fan_out_due(NOW)
    announce(second, "https://example.org/a")
    assert fan_out_due(NOW + timedelta(hours=71)) == 1
    event = Event.objects.get(source=first)
    assert told_of(event) == ids_of([both, one, other])
    assert told_of(Event.objects.get(source=second)) == []
    assert Inbox.objects.get(user=both).unread == 1


def test_link_is_told_once_when_both_sources_announce_it_together() -> None:
    topic = make_topic()
    sources = [make_source(topic=topic) for _ in range(3)]
    users = make_followers(4, topic)
    for source in sources:
        announce(source, "https://example.org/a")
    assert fan_out_due(NOW) == 4
    assert told_of(Event.objects.get(source=sources[0])) == ids_of(users)
    assert not Announcement.objects.exists()
    assert not Event.objects.filter(fanned_out_at=None).exists()


def test_link_reaches_everybody_left_when_both_have_followers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fanout, "CHUNK", 3)
    topic, source = make_topic(), make_source()
    users = make_followers(10, topic)
    for user in users[:4]:
        follow(user, source)
    announce(source, "https://example.org/a")
    announce(make_source(topic=topic), "https://example.org/a")
    assert fan_out_due(NOW) == 10
    assert told_of(Event.objects.get(source=source)) == ids_of(users)


def test_link_is_told_again_when_three_days_have_passed() -> None:
    topic = make_topic()
    make_followers(1, topic)
    announce(make_source(topic=topic), "https://example.org/a")
    fan_out_due(NOW)
    announce(make_source(topic=topic), "https://example.org/a")
    assert fan_out_due(NOW + timedelta(hours=72)) == 1


def test_link_is_told_again_when_one_source_publishes_something_else_there() -> None:
    source = make_source()
    user = make_user()
    follow(user, source)
    for _ in range(2):
        announce(source, "https://example.org/a")
        assert fan_out_due(NOW) == 1


def test_articles_are_told_apart_when_they_have_no_link() -> None:
    source = make_source()
    follow(make_user(), source)
    announce(source)
    announce(source)
    assert fan_out_due(NOW) == 2


def test_article_is_told_with_its_title_summary_and_address() -> None:
    topic = make_topic()
    make_followers(1, topic)
    source = make_source(topic=topic)
    article = announce(source, "https://example.org/a", title="Title", own_summary="Summary.")
    bare = announce(source, title="Only a title")
    fan_out_due(NOW)
    event, plain = Event.objects.get(article=article), Event.objects.get(article=bare)
    assert (event.title, event.message, event.url) == ("Title", "Summary.", article.url)
    assert (event.topic, event.source, event.category, event.priority) == (
        topic,
        source,
        "general",
        "medium",
    )
    assert (plain.title, plain.message, plain.url) == ("Only a title", "Only a title", "")


@pytest.mark.parametrize(
    ("site_url", "url"),
    [("https://example.org/", "https://example.org/"), ("", "https://example.org/feed")],
)
def test_burst_is_told_as_one(site_url: str, url: str) -> None:
    source = make_source("https://example.org/feed", title="Example", site_url=site_url)
    follow(make_user(), source)
    Announcement.objects.create(source=source, count=25)
    assert fan_out_due(NOW) == 1
    event = Event.objects.get()
    assert (event.title, event.url) == ("25 new articles from Example", url)
    assert event.article is None
    assert "25" in event.message
