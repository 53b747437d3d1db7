"""What works and what does not, by component: bounded in time, and never an exception."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import redis
from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.timezone import now
from redis.backoff import NoBackoff
from redis.retry import Retry

from accounts.models import Heartbeat
from newsnotify import waiting
from newsnotify.lib.impatience import hurry
from newsnotify.lib.lookouts import WAIT_SECONDS, Lookout
from newsnotify.lib.sentences import gettext_noop

log = logging.getLogger(__name__)

KEEP_SECONDS = 2.0
# With the age of what a lookout keeps, a process that stopped is missed within ten seconds.
MISSED_AFTER = timedelta(seconds=7)
IDLE_AFTER = timedelta(seconds=30)  # the schedule ticks every three
LATE_AFTER = timedelta(seconds=60)
COMPONENTS = ("database", "cache", "broker", "channel_layer", "worker", "beat", "outbox")

Status = Literal["healthy", "degraded", "unhealthy", "unknown"]


@dataclass(frozen=True)
class Component:
    """What is known of one part. `detail` is for everybody: it names no host and no secret."""

    status: Status
    detail: str
    reason: str = field(default="", compare=False)  # for doctor and the log

    def as_dict(self) -> dict[str, str]:
        return {"status": self.status, "detail": self.detail}


Findings = dict[str, Component]
HERE = Component("healthy", gettext_noop("In this process."))
ANSWERS = Component("healthy", gettext_noop("It answers."))

_SILENT = gettext_noop("It does not answer.")
_OUTDATED = gettext_noop("Its tables are not up to date.")
_NOBODY = gettext_noop("No process is running.")
_ONE = gettext_noop("1 process is running.")
_SEVERAL = gettext_noop("%(n)s processes are running.")
_IDLE = gettext_noop("%(detail)s None has done anything since %(since)s.")
_DONE = gettext_noop("Nothing is waiting.")
_WAITS = gettext_noop("The oldest event has waited for %(n)s s.")
_OPEN = gettext_noop("OPEN_INGEST=1: anybody may post and read notifications without signing in.")
_HIDDEN = {"database": gettext_noop("Cannot be seen without the database.")}
_EXCUSES = {
    "broker": gettext_noop("It waits for the broker."),
    "beat": gettext_noop("It waits for the beat."),
}


@dataclass(frozen=True)
class Health:
    components: Findings
    warnings: list[str]

    @property
    def status(self) -> Literal["healthy", "degraded", "unhealthy"]:
        if not self.is_ready:
            return "unhealthy"
        all_well = all(component.status == "healthy" for component in self.components.values())
        return "healthy" if all_well else "degraded"

    @property
    def is_ready(self) -> bool:
        """Tell whether requests can be answered: the database is all that this takes."""
        return self.components["database"].status == "healthy"

    def as_dict(self) -> dict[str, Any]:
        components = {name: component.as_dict() for name, component in self.components.items()}
        answer: dict[str, Any] = {"status": self.status, "components": components}
        return answer | ({"warnings": self.warnings} if self.warnings else {})


class Examiner:
    """Examines everything at once, and logs what changed."""

    def __init__(self, *lookouts: tuple[tuple[str, ...], Lookout[Findings]]) -> None:
        self._lookouts = lookouts
        self._former: Findings = {}
        self._lock = threading.Lock()

    def health(self) -> Health:
        """Tell how everything is, in little more than a second at most."""
        for _, lookout in self._lookouts:
            lookout.start()
        found: Findings = {}
        for names, lookout in self._lookouts:
            found |= _seen(lookout, *names)
        found = {name: found[name] for name in COMPONENTS}
        self._tell_changes(_without_echoes(found))
        return Health(found, _warnings())

    def forget(self) -> None:
        """Examine anew when asked next."""
        for _, lookout in self._lookouts:
            lookout.forget()

    def _tell_changes(self, found: Findings) -> None:
        with self._lock:
            former, self._former = self._former, found
        for name, component in found.items():
            before = former[name].status if name in former else "healthy"
            if component.status != before:
                level = logging.INFO if component.status == "healthy" else logging.WARNING
                fields = {"component": name, "status": component.status, "error": component.reason}
                log.log(level, "component changed", extra=fields)


def _seen(lookout: Lookout[Findings], *names: str) -> Findings:
    """Tell what was seen, else blame the first name; without it the others cannot be seen."""
    try:
        return lookout.answer()
    except TimeoutError:
        reason = f"no answer within {WAIT_SECONDS:.0f} s"
    except Exception as error:  # noqa: BLE001 - what ails it is the finding
        reason = repr(error)
    first, *rest = names
    down = Component("unhealthy", _SILENT, reason)
    return {first: down, **_hidden(rest, first)}


def _hidden(names: list[str], behind: str) -> Findings:
    return {name: Component("unknown", _HIDDEN[behind]) for name in names}


def look_at_database() -> Findings:
    """Ask the database, and what it knows of processes and of what waits."""
    hurry(int(WAIT_SECONDS))
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    if not _is_migrated():
        outdated = Component("unhealthy", _OUTDATED, "migrations missing")
        return {"database": outdated, **_hidden(["worker", "beat", "outbox"], "database")}
    moment = now()
    parts = {name: _part(name, moment) for name in ("worker", "beat")}
    return {"database": ANSWERS, **parts, "outbox": _outbox(moment)}


_was_migrated = False


def _is_migrated() -> bool:
    """Tell whether all migrations are applied; once they are, they stay so."""
    global _was_migrated
    if not _was_migrated:
        executor = MigrationExecutor(connection)
        _was_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _was_migrated


def look_at_cache() -> Findings:
    return {"cache": _ping(settings.REDIS_URL) if settings.REDIS_URL else HERE}


def look_at_channel_layer() -> Findings:
    return {"channel_layer": _ping(settings.REDIS_URL) if settings.REDIS_URL else HERE}


def look_at_broker() -> Findings:
    url: str = settings.CELERY_BROKER_URL
    if url.startswith("memory"):
        return {"broker": HERE}
    if url.startswith("redis"):
        return {"broker": _ping(url, **settings.CELERY_BROKER_USE_SSL or {})}
    with current_app.connection_for_write(connect_timeout=WAIT_SECONDS) as broker:
        broker.connect()
    return {"broker": ANSWERS}


def _ping(url: str, **options: Any) -> Component:
    client = redis.Redis.from_url(
        url,
        socket_connect_timeout=WAIT_SECONDS,
        socket_timeout=WAIT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        **options,
    )
    with client:
        client.ping()
    return ANSWERS


def _part(name: str, moment: datetime) -> Component:
    """Tell of all processes that play a part by their heartbeats."""
    fresh = Heartbeat.objects.filter(beaten_at__gt=moment - MISSED_AFTER).values_list("parts")
    worked = [datetime.fromisoformat(parts[name]) for (parts,) in fresh if name in parts]
    if not worked:
        return Component("unhealthy", _NOBODY)
    count = len(worked)
    detail = _ONE if count == 1 else _SEVERAL % {"n": count}
    if max(worked) < moment - IDLE_AFTER:
        since = f"{max(worked):%Y-%m-%d %H:%M:%S} UTC"
        return Component("degraded", _IDLE % {"detail": detail, "since": since})
    return Component("healthy", detail)


def _outbox(moment: datetime) -> Component:
    since = waiting.oldest(moment)
    if since is None:
        return Component("healthy", _DONE)
    is_late = moment - since > LATE_AFTER
    seconds = max(0, int((moment - since).total_seconds()))
    return Component("degraded" if is_late else "healthy", _WAITS % {"n": seconds})


def _without_echoes(found: Findings) -> Findings:
    """Blame nobody who stands still only because of another."""
    if found["broker"].status != "healthy":
        _excuse(found, "worker", "beat", because="broker")
    if found["beat"].status != "healthy":
        _excuse(found, "worker", because="beat")
    return found


def _excuse(found: Findings, *names: str, because: str) -> None:
    for name in names:
        if found[name].status == "degraded":
            found[name] = Component("healthy", _EXCUSES[because])


def _warnings() -> list[str]:
    if settings.OPEN_INGEST:
        return [_OPEN]
    return []


def _lookout(look: Callable[[], Findings]) -> Lookout[Findings]:
    return Lookout(look, keep_seconds=KEEP_SECONDS)


examiner = Examiner(
    (("database", "worker", "beat", "outbox"), _lookout(look_at_database)),
    (("cache",), _lookout(look_at_cache)),
    (("channel_layer",), _lookout(look_at_channel_layer)),
    (("broker",), _lookout(look_at_broker)),
)
