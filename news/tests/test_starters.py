import pytest

from news import starters
from news.models import Source, Topic
from news.tests.factories import make_source

pytestmark = pytest.mark.django_db


def test_topics_are_there_when_the_database_is_new() -> None:
    slugs = {"tech", "science", "world", "business", "sports", "culture", "news"}
    assert set(Topic.objects.values_list("slug", flat=True)) == slugs


def test_sources_are_added_once_when_there_is_none() -> None:
    added = starters.add_sources()
    assert added == Source.objects.count() > 0
    assert not Source.objects.filter(topic=None).exists()
    assert {source.status for source in Source.objects.all()} == {"new"}
    assert starters.add_sources() == 0


def test_no_source_is_added_when_somebody_added_one() -> None:
    make_source()
    assert starters.add_sources() == 0


def test_sources_of_a_topic_are_left_out_when_it_was_deleted() -> None:
    Topic.objects.exclude(slug="tech").delete()
    starters.add_sources()
    assert set(Source.objects.values_list("topic__slug", flat=True)) == {"tech"}
