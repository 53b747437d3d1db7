from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from accounts.tests.factories import client_of, make_user
from news.models import Fetch, Outcome
from news.tests.factories import make_source
from notifications import analytics
from notifications.models import Delivery
from notifications.tests.factories import make_event

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NOTHING: dict[str, Any] = {
    "crawled": 0, "new": 0, "notified": 0, "delivered": 0, "failed": 0, "by_channel": {},
}  # fmt: skip


def crawl(at: datetime, outcome: str, new: int = 0) -> None:
    Fetch.objects.create(source=make_source(), started_at=at, outcome=outcome, new_count=new)


def deliver(at: datetime, kind: str, state: str) -> None:
    user = make_user()
    event = make_event()
    row = user.notifications.create(event=event, revision=1, created_revision=1)
    Delivery.objects.create(notification=row, user=user, kind=kind, state=state, ended_at=at)


def test_overview_counts_by_day() -> None:
    yesterday, midnight = NOON - DAY, NOON.replace(hour=0)
    crawl(midnight, Outcome.NEW, 3)
    crawl(midnight - timedelta(seconds=1), Outcome.NOT_MODIFIED)
    crawl(NOON, Outcome.FAILED)
    crawl(NOON - 3 * DAY, Outcome.NEW, 7)
    make_event(fanned_out_at=NOON, told_count=5)
    make_event(fanned_out_at=NOON, told_count=2)
    make_event(told_count=100)  # of which nobody knows yet when it is done
    deliver(NOON, "email", "sent")
    deliver(NOON, "email", "dead")
    deliver(NOON, "webhook", "delivered")
    deliver(NOON, "webhook", "cancelled")
    deliver(yesterday, "email", "bounced")
    found = analytics.overview(days=3, now=NOON)
    today = {
        "date": NOON.date(),
        "crawled": 1,
        "new": 3,
        "notified": 7,
        "delivered": 2,
        "failed": 1,
        "by_channel": {
            "email": {"delivered": 1, "failed": 1},
            "webhook": {"delivered": 1, "failed": 0},
        },
    }
    before = {"crawled": 1, "failed": 1, "by_channel": {"email": {"delivered": 0, "failed": 1}}}
    assert found["days"] == [
        today,
        {"date": yesterday.date(), **NOTHING, **before},
        {"date": (NOON - 2 * DAY).date(), **NOTHING},
    ]
    assert found["totals"] == {
        "crawled": 2,
        "new": 3,
        "notified": 7,
        "delivered": 2,
        "failed": 2,
        "by_channel": {
            "email": {"delivered": 1, "failed": 2},
            "webhook": {"delivered": 1, "failed": 0},
        },
    }


def test_overview_counts_past_days_once() -> None:
    crawl(NOON - DAY, Outcome.NEW, 1)
    assert analytics.overview(days=2, now=NOON)["totals"]["new"] == 1
    crawl(NOON - DAY, Outcome.NEW, 1)  # stored after that day was counted
    crawl(NOON, Outcome.NEW, 1)
    with CaptureQueriesContext(connection) as queries:
        assert analytics.overview(days=2, now=NOON)["totals"]["new"] == 2
    assert all("2026-11-20 00:00:00" in query["sql"] for query in queries)


def test_overview_has_as_many_days_as_asked_for() -> None:
    client = client_of(make_user(role=Role.EDITOR))
    assert len(client.get("/api/v1/analytics/overview").json()["days"]) == 7
    body = client.get("/api/v1/analytics/overview?days=90").json()
    assert len(body["days"]) == 90
    assert body["totals"] == NOTHING
    for days in ("0", "91", "x", "1.5"):
        answer = client.get("/api/v1/analytics/overview", {"days": days})
        assert (answer.status_code, list(answer.json())) == (400, ["days"])
