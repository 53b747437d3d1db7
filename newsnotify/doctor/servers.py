"""The servers that stand beside us, asked in earnest."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.cache import cache as django_cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.timezone import now

from accounts.models import Heartbeat
from newsnotify import health
from newsnotify.doctor.findings import Finding, failed, fine, noted

WAIT_SECONDS = 3.0
TOLERABLE = timedelta(seconds=2)  # a heartbeat of a clock that is 7 s behind is none


def database() -> Finding:
    """check DATABASE_URL, and that the database server runs and lets us in"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    version = ".".join(map(str, connection.get_database_version()))
    return fine(f"{connection.display_name} {version} answers")


def migrations() -> Finding:
    """see what is wrong with the database first"""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        return failed(f"{len(plan)} are not applied", "run: python manage.py migrate")
    return fine("all applied")


def cache() -> Finding:
    """check REDIS_URL, and that Redis runs; without it everything goes on, more slowly"""
    if not settings.REDIS_URL:
        return fine("in each process; REDIS_URL is not set")
    health.look_at_cache()  # the cache itself never says why it forgot
    key, value = f"doctor-{secrets.token_hex(8)}", secrets.token_hex(8)
    django_cache.set(key, value, timeout=10)
    if django_cache.get(key) != value:
        return failed("Redis forgot at once what it was given", "see its memory and its log")
    return fine("Redis keeps what it is given")


def channel_layer() -> Finding:
    """check REDIS_URL, and that Redis runs; sockets hear of news by their sweep alone"""
    asyncio.run(_send_to_ourselves())
    where = "through Redis" if settings.REDIS_URL else "in this process"
    return fine(f"a message came back {where}")


async def _send_to_ourselves() -> None:
    layer: Any = get_channel_layer()
    sent = {"type": "doctor", "text": secrets.token_hex(8)}
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            channel = await layer.new_channel()
            await layer.send(channel, sent)
            received = await layer.receive(channel)
    finally:
        await layer.flush()
    if received != sent:
        raise ValueError("another message came back")


def broker() -> Finding:
    """check CELERY_BROKER_URL, and that the broker runs and lets us in; the schedule waits"""
    found = health.look_at_broker()["broker"]
    scheme = settings.CELERY_BROKER_URL.partition(":")[0]
    return fine("in the one process" if found == health.HERE else f"{scheme} answers")


def clock() -> Finding:
    """see what is wrong with the database and Redis first"""
    clocks = {"the database's": _clock_of_database(), "Redis's": _clock_of_redis()}
    offsets = {name: clock - datetime.now(UTC) for name, clock in clocks.items() if clock}
    wrong = [
        f"{name} clock is {offset.total_seconds():+.1f} s from ours"
        for name, offset in offsets.items()
        if abs(offset) > TOLERABLE
    ]
    if wrong:
        return failed(", ".join(wrong), "let all machines follow an NTP server")
    return fine("all agree" if offsets else "there is one only")


def _clock_of_database() -> datetime | None:
    if connection.vendor != "mysql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT UTC_TIMESTAMP(6)")
        moment: datetime = cursor.fetchone()[0]
    return moment.replace(tzinfo=UTC)


def _clock_of_redis() -> datetime | None:
    if not settings.REDIS_URL:
        return None
    timeouts = {"socket_connect_timeout": WAIT_SECONDS, "socket_timeout": WAIT_SECONDS}
    with redis.Redis.from_url(settings.REDIS_URL, **timeouts) as client:
        seconds, microseconds = client.time()
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)


def processes() -> Finding:
    """see what is wrong with the database first"""
    fresh = Heartbeat.objects.filter(beaten_at__gt=now() - health.MISSED_AFTER)
    parts = [part for row in fresh.only("parts") for part in row.parts]
    if not parts:
        return noted("nothing runs now", "start with: python manage.py up")
    told = ", ".join(f"{parts.count(name)} {name}" for name in ("web", "worker", "beat"))
    missing = [name for name in ("worker", "beat") if name not in parts]
    if missing:
        return failed(f"{told}", f"start with: celery -A newsnotify {missing[0]}")
    if parts.count("beat") > 1:
        return failed(f"{told}", "let only one beat run, or every tick comes more than once")
    return fine(told)
