from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import now

from accounts.models import Role
from accounts.tests.factories import make_user
from news.models import Source
from news.tests.factories import make_article, make_source, make_topic

pytestmark = pytest.mark.django_db

LIST = "/admin/news/source/"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user(role=Role.ADMIN, is_superuser=True))
    return client


def act(client: Client, action: str, *sources: Source) -> str:
    """Do something with selected sources; returns what is said of it."""
    form = {"action": action, "_selected_action": [source.pk for source in sources]}
    page = client.post(LIST, form, follow=True).content.decode()
    for source in sources:
        source.refresh_from_db()
    return page


def test_selected_sources_are_due_now_but_those_that_may_not(staff: Client) -> None:
    later = now() + timedelta(days=1)
    free = make_source(next_fetch_at=later)
    paused = make_source(next_fetch_at=later, is_paused=True)
    deferred = make_source(next_fetch_at=later, deferred_until=later)
    page = act(staff, "crawl_now", free, paused, deferred)
    assert "Due now: 1. Left, because paused or asked to wait by their host: 2." in page
    assert free.next_fetch_at <= now()
    assert paused.next_fetch_at == deferred.next_fetch_at == later


def test_sources_are_paused_and_resumed_with_a_quiet_crawl(staff: Client) -> None:
    source = make_source(first_crawled_at=now())
    assert "Paused: 1." in act(staff, "pause", source)
    assert source.is_paused
    act(staff, "resume", source)
    assert not source.is_paused
    assert source.first_crawled_at is None


def test_source_is_changed_by_what_the_service_knows(staff: Client) -> None:
    source, topic = make_source(), make_topic()
    form = {"title": "New title", "topic": topic.pk, "interval_seconds": "60"}
    staff.post(f"{LIST}{source.pk}/change/", form)
    source.refresh_from_db()
    assert (source.title, source.topic, source.interval_seconds) == ("New title", topic, 60)
    assert source.next_fetch_at <= now() + timedelta(seconds=60)


@pytest.mark.parametrize("status", ["ok", "new", "failing", "gone", "paused"])
def test_sources_are_filtered_by_status(staff: Client, status: str) -> None:
    made = {
        "ok": make_source(title="s-ok", first_crawled_at=now()),
        "new": make_source(title="s-new"),
        "failing": make_source(title="s-failing", failure_count=2),
        "gone": make_source(title="s-gone", is_gone=True),
        "paused": make_source(title="s-paused", is_paused=True),
    }
    page = staff.get(LIST, {"status": status}).content.decode()
    assert [name for name, source in made.items() if f">{source.title}<" in page] == [status]


def test_crawls_of_one_source_are_a_link_away(staff: Client) -> None:
    source = make_source()
    link = f"/admin/news/fetch/?source__id__exact={source.pk}"
    assert link in staff.get(LIST).content.decode()
    assert staff.get(link).status_code == 200


def test_article_is_looked_at_as_published(staff: Client) -> None:
    article = make_article(make_source(), raw_content="<script>acts</script>")
    page = staff.get(f"/admin/news/article/{article.pk}/change/").content.decode()
    assert "&lt;script&gt;acts" in page
    assert "<script>acts" not in page
