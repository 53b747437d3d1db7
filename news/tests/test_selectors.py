import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import Role, User
from accounts.tests.factories import make_user
from news import selectors
from news.models import Source, Topic
from news.tests.factories import make_article, make_source, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> User:
    return make_user()


def follow(user: User, *, topic: Topic | None = None, source: Source | None = None) -> None:
    kind = "topic" if topic else "source"
    user.subscriptions.create(kind=kind, topic=topic, source=source)


def test_source_without_topic_is_seen_by_followers_and_editors_when_listed(reader: User) -> None:
    public, brought = make_source(topic=make_topic()), make_source(is_brought=True)
    follow(reader, source=brought)
    for viewer in (AnonymousUser(), make_user()):
        assert set(selectors.visible_sources(viewer)) == {public}
    for insider in (reader, make_user(role=Role.EDITOR)):
        assert set(selectors.visible_sources(insider)) == {public, brought}


def test_articles_are_seen_by_those_who_see_their_source_when_listed(reader: User) -> None:
    public = make_article(make_source(topic=make_topic()))
    brought = make_article(make_source(is_brought=True))
    follow(reader, source=brought.source)
    for viewer in (AnonymousUser(), make_user()):
        assert set(selectors.visible_articles(viewer)) == {public}
    for insider in (reader, make_user(role=Role.ADMIN)):
        assert set(selectors.visible_articles(insider)) == {public, brought}


def test_topics_tell_true_counts_when_sources_and_subscribers_are_many(reader: User) -> None:
    topic, other = make_topic("many"), make_topic("none")
    for _ in range(3):
        make_source(topic=topic)
    for user in (reader, make_user()):
        follow(user, topic=topic)
    told = {row["slug"]: row for row in selectors.topics_for(reader).values()}
    counts = {"source_count": 3, "subscriber_count": 2, "followed": True}
    assert told[topic.slug].items() >= counts.items()
    nothing = {"source_count": 0, "subscriber_count": 0, "followed": False}
    assert told[other.slug].items() >= nothing.items()


def test_nothing_is_followed_when_nobody_is_signed_in(reader: User) -> None:
    source = make_source(topic=make_topic())
    follow(reader, source=source)
    assert not selectors.sources_for(AnonymousUser()).get().followed
    seen = selectors.sources_for(reader).get()
    assert (seen.followed, seen.subscriber_count) == (True, 1)
