from random import Random

import pytest
from django.utils.timezone import now

from accounts.tests.factories import make_user
from news.models import Topic
from newsnotify import tasks
from newsnotify.demo.generator import SLUGS, post_random
from notifications.fanout import fan_out_due
from notifications.models import Event
from notifications.tests.factories import follow

pytestmark = pytest.mark.django_db


def test_random_events_are_of_every_kind_and_told() -> None:
    user, moment = make_user(), now()
    chance = Random(1)  # noqa: S311 - invention, not secrecy
    follow(user, *Topic.objects.filter(slug__in=SLUGS))
    for _ in range(40):
        post_random(moment, chance)
    events = Event.objects.all()
    assert {event.topic.slug for event in events if event.topic} == set(SLUGS)
    assert {event.priority for event in events} == {"low", "medium", "high", "critical"}
    assert {event.category for event in events} == {"general", "alert", "update"}
    assert {event.release_time for event in events} == {moment}
    assert fan_out_due(moment) == 40


def test_nothing_is_posted_where_its_topics_are_gone() -> None:
    Topic.objects.all().delete()
    assert post_random(now(), Random(1)) is None  # noqa: S311 - see above


@pytest.mark.parametrize("seconds", [0, 60])
def test_task_posts_only_while_it_is_switched_on(settings: object, seconds: int) -> None:
    settings.DEMO_GENERATOR_SECONDS = seconds  # type: ignore[attr-defined]
    tasks.demo()
    assert Event.objects.exists() is bool(seconds)
