from collections.abc import Iterator

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.tests.factories import make_user
from news.models import Source
from news.tests.factories import item, make_source, make_topic, rss
from newsnotify.lib.outbound import OutboundPolicy
from newsnotify.lib.tests.servers import Answer, Server
from subscriptions import services
from subscriptions.models import Subscription
from subscriptions.tests.factories import make_subscription

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make_user()


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    settings.OUTBOUND_POLICY = OutboundPolicy.parse("127.0.0.1")
    with Server(lambda _: Answer(body=rss(item("a")))) as running:
        yield running


def test_follow_makes_one_row_when_repeated(ann: User) -> None:
    topic, source = make_topic(), make_source()
    for is_new in (True, False):
        assert services.follow_topic(user=ann, topic=topic)[1] == is_new
        assert services.follow_source(user=ann, source=source)[1] == is_new
    assert sorted(ann.subscriptions.values_list("kind", flat=True)) == ["source", "topic"]


def test_follow_url_brings_a_source_when_nobody_has_it(ann: User, server: Server) -> None:
    row, is_new = services.follow_url(user=ann, url=f"{server.url}/feed?key=1")
    source = Source.objects.get()
    assert (row.source, is_new) == (source, True)
    assert (source.is_brought, source.topic, source.status) == (True, None, "ok")


def test_follow_url_takes_the_source_as_it_is_when_somebody_has_it(
    ann: User, server: Server
) -> None:
    known = make_source(f"{server.url}/feed", topic=make_topic())
    row, _ = services.follow_url(user=ann, url=f"{server.url}/feed")
    assert (row.source, Source.objects.get().is_brought) == (known, False)
    assert server.requests == []


def test_follow_url_leaves_nothing_behind_when_it_is_no_feed(ann: User, server: Server) -> None:
    server.respond = lambda _: Answer(404)
    with pytest.raises(ValidationError, match="404 Not Found"):
        services.follow_url(user=ann, url=server.url)
    assert not Source.objects.exists()
    assert not Subscription.objects.exists()


def test_unfollow_leaves_others_alone_when_repeated(ann: User) -> None:
    bob, topic, source = make_user(), make_topic(), make_source()
    for user in (ann, bob):
        services.follow_topic(user=user, topic=topic)
        services.follow_source(user=user, source=source)
    for _ in range(2):
        services.unfollow_topic(user=ann, topic=topic)
        services.unfollow_source(user=ann, source=source)
    assert ann.subscriptions.count() == 0
    assert bob.subscriptions.count() == 2


def test_database_refuses_when_a_row_is_not_of_its_kind(ann: User) -> None:
    topic, source = make_topic(), make_source()
    for fields in (
        {"kind": "topic", "source": source},
        {"kind": "source", "topic": topic},
        {"kind": "topic", "topic": topic, "source": source},
        {"kind": "topic"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Subscription.objects.create(user=ann, **fields)


def test_subscription_says_who_follows_what_when_shown(ann: User) -> None:
    row, _ = services.follow_topic(user=ann, topic=make_topic("own"))
    assert str(row) == f"{ann} follows Own"


def test_subscriptions_go_with_what_they_are_of() -> None:
    ann, topic, source = make_user(), make_topic(), make_source()
    of_topic = make_subscription(ann, topic)
    make_subscription(ann, source)
    query, _ = services.follow_query(user=ann, query="moon")
    ann.channels.create(kind="mock", address="phone").subscriptions.add(of_topic, query)
    for thing in (topic, source, query.query):
        assert thing
        thing.delete()
    assert not Subscription.objects.exists()
    assert ann.channels.get().subscriptions.count() == 0
