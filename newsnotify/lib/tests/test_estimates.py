import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from news.models import Topic
from newsnotify.lib import estimates

pytestmark = pytest.mark.django_db


def make_topics(count: int) -> None:
    Topic.objects.all().delete()
    Topic.objects.bulk_create(Topic(slug=f"t{n}", name=f"T {n}") for n in range(count))


def test_count_stops_at_its_limit() -> None:
    make_topics(5)
    assert estimates.count_up_to(Topic.objects.all(), 3) == 3
    assert estimates.count_up_to(Topic.objects.all(), 9) == 5


def test_about_is_exact_when_rows_are_few() -> None:
    make_topics(5)
    assert estimates.about(Topic) == 5


def test_about_asks_the_database_s_own_estimate_when_rows_are_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(estimates, "COUNT_LIMIT", 3)
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE TABLE {ContentType._meta.db_table}")
    exact = ContentType.objects.count()
    assert abs(estimates.about(ContentType) - exact) <= exact / 2
