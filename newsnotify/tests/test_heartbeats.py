from collections.abc import Callable
from datetime import timedelta

import pytest
from celery.signals import after_task_publish, task_postrun
from django.utils.timezone import now

from accounts.models import Heartbeat
from newsnotify import heartbeats
from newsnotify.heartbeats import Heart

pytestmark = pytest.mark.django_db


@pytest.fixture
def heart(monkeypatch: pytest.MonkeyPatch) -> Heart:
    """This process's heart, which beats only when it is told to."""
    heart = Heart()
    monkeypatch.setattr(heart, "_start", lambda: None)
    monkeypatch.setattr(heartbeats, "heart", heart)
    return heart


def test_row_says_what_the_process_plays_and_counted(heart: Heart) -> None:
    heart.join("web")
    heart.beat()
    row = Heartbeat.objects.get()
    assert row.process == heart.process
    assert list(row.parts) == ["web"]
    assert "newsnotify_requests" in [family[0] for family in row.counts]


def test_second_beat_writes_the_same_row_and_leaves_counts_when_not_asked(heart: Heart) -> None:
    heart.join("worker")
    heart.beat()
    first = Heartbeat.objects.get()
    heart.join("beat")
    heart.beat(with_counts=False)
    second = Heartbeat.objects.get()
    assert second.beaten_at > first.beaten_at
    assert list(second.parts) == ["worker", "beat"]
    assert second.counts == first.counts


def test_first_beat_forgets_processes_that_are_long_gone(heart: Heart) -> None:
    Heartbeat.objects.create(process="gone:1", beaten_at=now() - timedelta(hours=2))
    Heartbeat.objects.create(process="here:1", beaten_at=now())
    heart.join("web")
    heart.beat()
    assert set(Heartbeat.objects.values_list("process", flat=True)) == {"here:1", heart.process}


@pytest.mark.parametrize(
    ("part", "happen"),
    [
        ("worker", lambda: task_postrun.send(None)),
        ("beat", lambda: after_task_publish.send(None, headers={"periodic_task_name": "prune"})),
    ],
)
def test_work_is_noted_of_a_part_that_the_process_plays(
    heart: Heart, part: str, happen: Callable[[], object]
) -> None:
    happen()
    assert heart.worked_at == {}
    heart.join(part)
    joined_at = heart.worked_at[part]
    happen()
    assert heart.worked_at[part] > joined_at


def test_doorbell_is_no_work_of_the_schedule(heart: Heart) -> None:
    heart.join("beat")
    joined_at = heart.worked_at["beat"]
    after_task_publish.send(None, headers={})
    assert heart.worked_at["beat"] == joined_at


def test_heart_goes_on_when_the_database_refuses(
    heart: Heart, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(heart, "process", None)  # which no row may have
    heart.join("web")
    assert [heart.try_to_beat(with_counts=True) for _ in range(2)] == [False, False]
    assert [record.message for record in caplog.records] == ["heartbeat not written"]
