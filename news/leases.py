"""Who crawls what: sources are leased, a few a host, so that none is fetched twice or too often.

Leases, budgets and what is due are read from the sources' rows alone, so any number of workers
agree on them.
"""

import secrets
from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, QuerySet

from news import selectors
from news.models import PER_HOST, Source, SourceQuerySet

LEASE = timedelta(minutes=2)
BUDGET, BUDGET_SPAN = 120, timedelta(minutes=1)  # requests to one host in a span


def claim(wanted: SourceQuerySet, now: datetime, limit: int) -> list[Source]:
    """Lease sources, so that at most two requests a host are in flight.

    A host whose budget is spent is passed over; its sources stay due, and nobody is to blame.
    """
    busy = _in_flight(now)
    full = {host for host, count in busy.items() if count >= PER_HOST} | _spent(wanted, now)
    ranked = wanted.exclude(host__in=full).first_of_each_host().order_by("next_fetch_at", "pk")
    rows = ranked.values_list("pk", "host", F("rank"))[:limit]
    free = [pk for pk, host, rank in rows if rank + busy[host] <= PER_HOST]
    return lease(wanted.filter(pk__in=free), now)


def lease(sources: QuerySet[Source], now: datetime) -> list[Source]:
    """Win what nobody else has; the condition is in the UPDATE itself."""
    token = secrets.token_hex(16)
    if not sources.update(lease=token, leased_until=now + LEASE):
        return []
    return list(selectors.with_subscriber_count(Source.objects.filter(lease=token)))


def _in_flight(now: datetime) -> Counter[str]:
    leased = Source.objects.filter(leased_until__gt=now).values("host").annotate(n=Count("pk"))
    return Counter(dict(leased.values_list("host", "n")))


def _spent(wanted: SourceQuerySet, now: datetime) -> set[str]:
    """List the hosts that have had all the requests we grant a stranger's host.

    One with few sources due cannot have; one that the operator named is his own affair.
    """
    hosts = wanted.values("host").annotate(n=Count("pk")).filter(n__gt=PER_HOST)
    crowded = [host for host in hosts.values_list("host", flat=True) if not _is_named(host)]
    if not crowded:
        return set()
    lately = Source.objects.filter(host__in=crowded, last_fetched_at__gt=now - BUDGET_SPAN)
    counted = lately.values("host").annotate(n=Count("pk")).filter(n__gte=BUDGET)
    return set(counted.values_list("host", flat=True))


def _is_named(host: str) -> bool:
    return settings.OUTBOUND_POLICY.names(host)
