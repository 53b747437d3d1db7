"""From an event to notifications, for chunks of users in one set-based transaction each.

A chunk is the next users of a lane who want its event. Their inboxes are counted up,
notifications with the revisions just made are inserted, and the lane's cursor moves: all of it
or nothing. Killed anywhere, it goes on after the last whole chunk, and nobody is told twice.
"""

import logging
from datetime import datetime
from typing import NamedTuple

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from newsnotify.lib import counts
from newsnotify.lib.deadlocks import is_deadlock
from notifications import intake, lanes, reach, rulings, withdrawal
from notifications.audience import next_users
from notifications.models import Event, Lane
from notifications.transports import in_app

log = logging.getLogger(__name__)

CHUNK = 5_000  # users; so large that statements vanish, so small that nobody waits long for it
NO_END = 2**63 - 1

# The users of a chunk stand in a table that only this connection sees: both statements after it
# mean exactly them, whatever is subscribed or ended meanwhile, and read no inbox but theirs.
_MAKE_CHUNK = {
    "mysql": """
        CREATE TEMPORARY TABLE IF NOT EXISTS fan_out_chunk
            (user_id BIGINT, is_counted BOOLEAN, PRIMARY KEY USING BTREE (user_id)) ENGINE=MEMORY
    """,
    "sqlite": """
        CREATE TEMPORARY TABLE IF NOT EXISTS fan_out_chunk
            (user_id BIGINT PRIMARY KEY, is_counted BOOLEAN)
    """,
}
_EMPTY_CHUNK = "DELETE FROM fan_out_chunk"
_FILL_CHUNK = """
    INSERT INTO fan_out_chunk SELECT user_id, 0 FROM ({wanted}) next
    WHERE user_id <= %s ORDER BY user_id LIMIT %s
"""
_LOOK_AT_CHUNK = "SELECT COUNT(*), MIN(user_id), MAX(user_id) FROM fan_out_chunk"

# The rows are met in the order of the users: two that fan out wait for each other in one order.
# The index is named, because the statistics of a table that just grew may say it is empty.
_COUNT_UP = {
    "mysql": """
        UPDATE fan_out_chunk chunk
        STRAIGHT_JOIN notifications_inbox inbox FORCE INDEX (PRIMARY)
            ON inbox.user_id = chunk.user_id
        SET inbox.revision = inbox.revision + 1, inbox.unread = inbox.unread + 1,
            chunk.is_counted = 1
    """,
    "sqlite": """
        UPDATE notifications_inbox SET revision = revision + 1, unread = unread + 1
        WHERE user_id IN (SELECT user_id FROM fan_out_chunk)
    """,
}
# For those who were never told anything. Somebody else may have made their inboxes meanwhile.
_MAKE_INBOXES = {
    "mysql": """
        INSERT INTO notifications_inbox (user_id, revision, unread)
        SELECT user_id, 1, 1 FROM fan_out_chunk WHERE is_counted = 0 ORDER BY user_id
        ON DUPLICATE KEY UPDATE revision = notifications_inbox.revision + 1,
            unread = notifications_inbox.unread + 1
    """,
    # One writer at a time: what is not there now was not there before.
    "sqlite": """
        INSERT OR IGNORE INTO notifications_inbox (user_id, revision, unread)
        SELECT user_id, 1, 1 FROM fan_out_chunk
    """,
}
# Looking every user up for the foreign key took a fifth of the time, and tells nothing: their
# inboxes, whose rows are locked by us, have the same key. MariaDB reads the first of these
# comments, MySQL the second.
_TELL = """
    /*M! SET STATEMENT foreign_key_checks = 0 FOR */
    INSERT /*+ SET_VAR(foreign_key_checks = OFF) */ INTO notifications_notification
        (user_id, event_id, revision, created_revision, is_unread, place, verdict, created_at)
    SELECT inbox.user_id, %s, inbox.revision, inbox.revision, 1, 0, '', %s
    FROM fan_out_chunk chunk {join} ON inbox.user_id = chunk.user_id
"""
_INBOXES = {  # joined in the order of the tables
    "mysql": "STRAIGHT_JOIN notifications_inbox inbox FORCE INDEX (PRIMARY)",
    "sqlite": "CROSS JOIN notifications_inbox inbox",
}


# What is addressed may have its rows already, pending; anything else would be told twice.
_RELEASE = {
    "mysql": """ON DUPLICATE KEY UPDATE place = 0,
        revision = inbox.revision, created_revision = inbox.revision,
        created_at = VALUES(created_at)""",
    "sqlite": """ON CONFLICT (user_id, event_id) DO UPDATE SET place = 0,
        revision = excluded.revision, created_revision = excluded.created_revision,
        created_at = excluded.created_at""",
}


class _Chunk(NamedTuple):
    size: int
    first: int
    last: int


def fan_out_due(now: datetime) -> int:
    """Tell of everything that is due. Returns how many notifications were made."""
    intake.take_announcements(now)
    withdrawal.withdraw_expired(now)
    told = 0
    while lane := _next_lane(now):
        try:
            told += fan_out(lane, now)
        except lanes.LeaseLostError:
            log.warning("fan-out taken over", extra={"event_id": lane.event_id})
        except Exception:  # it stays leased, so the others come first; then it is tried again
            log.exception("event not fanned out", extra={"event_id": lane.event_id})
    return told


def fan_out(lane: Lane, now: datetime) -> int:
    """Tell everybody in a claimed lane who wants its event, from its cursor on."""
    told, made = 0, CHUNK
    while made == CHUNK:
        try:
            made = _tell_chunk(lane, now)
        except OperationalError as error:
            if not is_deadlock(error):
                raise
            # The database has chosen us to step back, and nothing of the chunk was written.
            lane.refresh_from_db(fields=["cursor"])
            continue
        counts.NOTIFICATIONS.inc(made)
        told += made
    log.info("event fanned out", extra={"event_id": lane.event_id, "told": told})
    return told


def _next_lane(now: datetime) -> Lane | None:
    while not (lane := lanes.claim(now)) and lanes.open_due(now):
        pass
    return lane


@transaction.atomic
def _tell_chunk(lane: Lane, now: datetime) -> int:
    """Tell the next users. Returns how many; the lane is done when it was no whole chunk."""
    event = lane.event
    with connection.cursor() as cursor:
        chunk = _choose_chunk(lane, cursor)
        lanes.move(lane, chunk.last, told=chunk.size)
        if chunk.size:
            _count_up(chunk, cursor)
            _insert(event, now, cursor)
            rulings.carry_out(event, now, cursor)
            reach.make_for_chunk(event, (chunk.first, chunk.last), now, cursor)
            in_app.tell(chunk.first, chunk.last)
    if chunk.size < CHUNK:
        lanes.finish(lane, now)
    return chunk.size


def _choose_chunk(lane: Lane, cursor: CursorWrapper) -> _Chunk:
    query = next_users(lane.event, after=lane.cursor, limit=CHUNK)
    if query is None:
        return _Chunk(0, lane.cursor, lane.cursor)
    wanted, params = query
    cursor.execute(_MAKE_CHUNK[connection.vendor])
    cursor.execute(_EMPTY_CHUNK)
    until = lane.until or NO_END
    cursor.execute(_FILL_CHUNK.format(wanted=wanted), [*params, until, CHUNK])
    cursor.execute(_LOOK_AT_CHUNK)
    size, first, last = cursor.fetchone()
    return _Chunk(size, first or lane.cursor, last or lane.cursor)


def _count_up(chunk: _Chunk, cursor: CursorWrapper) -> None:
    cursor.execute(_COUNT_UP[connection.vendor])
    # MySQL counts the rows of both tables.
    counted = cursor.rowcount // 2 if connection.vendor == "mysql" else cursor.rowcount
    if counted < chunk.size:
        cursor.execute(_MAKE_INBOXES[connection.vendor])


def _insert(event: Event, now: datetime, cursor: CursorWrapper) -> None:
    tell = _TELL.format(join=_INBOXES[connection.vendor])
    if event.is_addressed:
        tell += _RELEASE[connection.vendor]
    created_at = connection.ops.adapt_datetimefield_value(now)
    cursor.execute(tell, [event.told_as_id or event.pk, created_at])
