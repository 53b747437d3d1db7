"""One article, many followers: how fast they are told, who waits meanwhile, what a kill does."""

import contextlib
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from bench import inside
from bench.audience import make_audience, publish
from bench.figures import figure, percentile, size
from bench.rows import analyze, database_settings, rows
from news.models import Source
from notifications.fanout import CHUNK
from notifications.models import Event, Lane, Notification

USERS = size(20_000, 1_000_000)
PEER_ROWS = size(20_000, 200_000)


def main() -> None:
    settings = {"users": USERS, "chunk": CHUNK, **database_settings()}
    source, first = make_audience(USERS)
    marked: Counter[int] = Counter()
    _tell_all("first_time", source, first, marked, settings)  # every inbox has to be made
    analyze("notifications_notification", "notifications_inbox")
    found = _tell_all("fanout", source, first, marked, settings)
    peer = publish(source, "for the peer")
    _say_speed(found, _bulk_create(peer, first), settings)
    _kill(source, first, settings)
    _check_inboxes(marked, except_event=peer)


def _tell_all(
    name: str, source: Source, first: int, marked: Counter[int], settings: dict[str, Any]
) -> dict[str, Any]:
    """Publish, and tell everybody while somebody reads; counts what was marked as read."""
    publish(source, name)
    with _reader(first) as reader:
        found = _tell()
    marked.update(dict(reader["marked"]))
    _say(name, found, reader, settings)
    return found


def _tell() -> dict[str, Any]:
    done = subprocess.run(inside.command("bench.teller"), check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own words
    found: dict[str, Any] = orjson.loads(done.stdout)
    assert found["told"] == USERS, found  # noqa: S101 - a figure of something else is none
    return found


@contextlib.contextmanager
def _reader(first: int) -> Iterator[dict[str, Any]]:
    """Let somebody read meanwhile; what was measured stands in the dict afterwards."""
    found: dict[str, Any] = {}
    command = inside.command("bench.reader", first, USERS)
    with subprocess.Popen(  # noqa: S603 - our own words
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        time.sleep(2)  # until it reads
        yield found
        found |= orjson.loads(child.communicate()[0])


def _say(
    name: str, found: dict[str, Any], reader: dict[str, Any], settings: dict[str, Any]
) -> None:
    chunks = found["chunks_ms"]
    figure(f"{name}.seconds", found["ended"] - found["begun"], "s", **settings)
    for percent in (50, 99):
        value = percentile(chunks, percent)
        figure(f"{name}.transaction_p{percent}", value, "ms", **settings)
    figure(f"{name}.transaction_max", max(chunks), "ms", **settings)
    meanwhile = {
        kind: [ms for at, ms in took if found["begun"] < at < found["ended"]]
        for kind, took in reader["took"].items()
    }
    meanwhile["all"] = [ms for took in meanwhile.values() for ms in took]
    for kind, took in meanwhile.items():
        more: dict[str, Any] = {"reads": len(took), "p50": percentile(took, 50), "max": max(took)}
        value = percentile(took, 99)
        figure(f"{name}.inbox_{kind}_p99", value, "ms in the database", **more, **settings)


def _say_speed(found: dict[str, Any], peer_speed: float, settings: dict[str, Any]) -> None:
    speed = found["told"] / (found["ended"] - found["begun"])
    figure(
        "fanout.speed",
        speed,
        "users/s",
        ratio=speed / peer_speed,
        peer=f"bulk_create of the notifications alone: {peer_speed:.0f} rows/s",
        **settings,
    )


def _bulk_create(event: Event, first: int) -> float:
    """Insert the rows as Django does it, without inboxes. Returns rows per second."""
    Event.objects.filter(pk=event.pk).update(fanned_out_at=event.created_at)
    begun = time.perf_counter()
    for start in range(first, first + PEER_ROWS, CHUNK):
        users = range(start, min(start + CHUNK, first + PEER_ROWS))
        Notification.objects.bulk_create(
            Notification(user_id=user, event=event, revision=9, created_revision=9)
            for user in users
        )
    return PEER_ROWS / (time.perf_counter() - begun)


def _kill(source: Source, first: int, settings: dict[str, Any]) -> None:
    """Kill the telling process at a chunk that chance chooses, and let another go on."""
    event = publish(source, "killed")
    part = random.uniform(0.3, 0.7)  # noqa: S311 - chance is enough
    with subprocess.Popen(inside.command("bench.teller"), stdout=subprocess.DEVNULL) as child:  # noqa: S603 - our own words
        while _cursor(event) < first + USERS / 2 * part:
            time.sleep(0.002)
        child.kill()
    begun, told = time.perf_counter(), Notification.objects.filter(event=event).count()
    subprocess.run(inside.command("bench.teller"), check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
    seconds = time.perf_counter() - begun
    figure("killed.recovery", seconds, "s with the lease's end", told_before=told, **settings)
    figure("killed.not_told_once", _not_told_once(event), "users", told_before=told, **settings)


def _cursor(event: Event) -> int:
    """Tell how far the first lane is; its half of the users ends where the second begins."""
    lane = Lane.objects.filter(event=event).order_by("id").first()
    return lane.cursor if lane else 0


def _not_told_once(event: Event) -> int:
    sql = """
        SELECT COUNT(*) FROM accounts_user person LEFT JOIN (
            SELECT user_id, COUNT(*) AS times FROM notifications_notification
            WHERE event_id = %s GROUP BY user_id
        ) told ON told.user_id = person.id
        WHERE person.is_active AND COALESCE(told.times, 0) <> 1
    """
    return int(rows(sql, [event.pk])[0][0])


def _check_inboxes(marked: Counter[int], *, except_event: Event) -> None:
    """Find inboxes whose counters are not what their rows say."""
    sql = """
        SELECT inbox.user_id, inbox.revision - told.times, inbox.unread - told.unread
        FROM notifications_inbox inbox LEFT JOIN (
            SELECT user_id, COUNT(*) AS times, SUM(is_unread) AS unread
            FROM notifications_notification WHERE event_id <> %s GROUP BY user_id
        ) told ON told.user_id = inbox.user_id
        WHERE COALESCE(inbox.revision <> told.times OR inbox.unread <> told.unread, 1)
    """
    found = {user: (more, unread) for user, more, unread in rows(sql, [except_event.pk])}
    expected = {user: (times, 0) for user, times in marked.items()}
    wrong = dict(found.items() ^ expected.items())
    figure("killed.wrong_counters", len(wrong), "inboxes", marked_read=len(marked))
