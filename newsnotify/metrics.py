"""`/metrics` for Prometheus: what all processes counted, and how much waits.

Every series carries the process that counted it. A process that ends takes its series along
after five minutes, which is no step back for `rate()`: only a sum over processes kept here
would jump whenever one of them ends. Scrape one web process; each knows of all.
"""

import platform
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.timezone import now
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from accounts.models import Heartbeat
from newsnotify import numbers
from newsnotify.health import MISSED_AFTER, Health, examiner
from newsnotify.heartbeats import heart
from newsnotify.lib import counts
from newsnotify.lib.lookouts import Lookout

SHOWN_FOR = timedelta(minutes=5)  # as long as Prometheus itself looks back
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip")

# A process, what it counted, and whether it is still there.
Counted = tuple[str, list[counts.Family], bool]


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if settings.METRICS_TOKEN and not _has_token(request):
        return HttpResponse(
            "Authorization: Bearer with METRICS_TOKEN is required.\n",
            content_type="text/plain",
            status=401,
            headers={"WWW-Authenticate": "Bearer"},
        )
    if not settings.METRICS_TOKEN and not _is_near(request):
        reason = "Without METRICS_TOKEN this is for callers on the loopback only.\n"
        return HttpResponse(reason, content_type="text/plain", status=403)
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _has_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and constant_time_compare(token, settings.METRICS_TOKEN)


def _is_near(request: HttpRequest) -> bool:
    """Tell whether the caller is on this machine, and no proxy in front of others."""
    try:
        is_loopback = ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    return is_loopback and not any(name in request.headers for name in FORWARDED)


def exposition() -> bytes:
    """Write everything in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Everything())
    return generate_latest(registry)


class _Everything:
    """A collector in the sense of prometheus_client."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        health = examiner.health()
        yield from _processes(health)
        yield from _health(health)
        yield _gauge("build_info", "What runs here.", ("version", "python"), {
            (settings.VERSION, platform.python_version()): 1,
        })  # fmt: skip
        if health.is_ready and (found := numbers.latest()):
            yield from _numbers(found)


def _processes(health: Health) -> Iterable[Metric]:
    merged: dict[str, Metric] = {}
    for process, families, is_here in _counted(health):
        for name, kind, documentation, samples in families:
            if kind == "gauge" and not is_here:
                continue
            metric = merged.setdefault(name, Metric(name, documentation, kind))
            for sample, labels, value in samples:
                metric.add_sample(sample, {**labels, "process": process}, value)
    return merged.values()


def _counted(health: Health) -> Iterator[Counted]:
    """Tell what each process counted; of this one to the moment, of others every ten seconds."""
    yield heart.process, counts.snapshot(), True
    others: list[Counted] = []
    if health.is_ready:
        with suppress(Exception):  # the database left in between
            others = _others.answer()
    yield from others


def _look_at_others() -> list[Counted]:
    moment = now()
    rows = Heartbeat.objects.filter(beaten_at__gt=moment - SHOWN_FOR).exclude(process=heart.process)
    return [
        (row.process, row.counts, row.beaten_at > moment - MISSED_AFTER)
        for row in rows.order_by("process")
    ]


_others = Lookout(_look_at_others, keep_seconds=1.0)


def _health(health: Health) -> Iterator[Metric]:
    is_well = {(name,): float(c.status == "healthy") for name, c in health.components.items()}
    yield _gauge("component_healthy", "1 for each component that is well.", ("component",), is_well)


def _numbers(found: numbers.Numbers) -> Iterator[Metric]:
    age = (now() - found.oldest_at).total_seconds() if found.oldest_at else 0.0
    yield _by("sources", "Sources by status.", "status", found.sources)
    yield _by("waiting", "Rows that wait, by queue; at most 10,000.", "queue", found.waiting)
    yield _gauge("waiting_oldest_seconds", "Age of the oldest event that waits.", (), {(): age})
    yield _by("rows", "Rows by table; an estimate beyond 10,000.", "table", found.rows)
    if found.last_crawl_at:
        at = {(): found.last_crawl_at.timestamp()}
        yield _gauge("last_crawl_timestamp_seconds", "When a source answered last.", (), at)


def _by(name: str, documentation: str, label: str, values: Any) -> Metric:
    return _gauge(name, documentation, (label,), {(key,): value for key, value in values.items()})


def _gauge(
    name: str,
    documentation: str,
    labels: tuple[str, ...],
    values: Mapping[Any, float],
) -> Metric:
    family = GaugeMetricFamily(f"newsnotify_{name}", documentation, labels=labels)
    for of, value in values.items():
        family.add_metric(of, value)
    return family
