import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import make_user
from news.tests.factories import make_source, make_topic
from notifications.audience import not_of_nobody
from notifications.models import Event
from notifications.tests.factories import follow, make_event

pytestmark = pytest.mark.django_db


def test_events_stay_when_anybody_may_be_meant() -> None:
    topic, source = make_topic(), make_source()
    follow(make_user(), topic, source)
    told = make_event(topic=make_topic())
    may_concern = [
        make_event(topic=topic),
        make_event(source=source),
        make_event(topic=make_topic(), source=source),
        make_event(topic=make_topic(), is_addressed=True),
        make_event(source=make_source(), told_as=told),
        make_event(topic=make_topic(), match_count=1),
    ]
    of_nobody = [told, make_event(source=make_source()), make_event()]
    assert not_of_nobody([*of_nobody, *may_concern]) == may_concern


def test_followers_are_looked_for_all_at_once() -> None:
    events: list[Event] = []
    for _ in range(2):
        events += [make_event(topic=make_topic(), source=make_source()) for _ in range(10)]
        with CaptureQueriesContext(connection) as queries:
            assert not_of_nobody(events) == []
        assert len(queries) == 2
