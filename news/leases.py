"""Who crawls what: sources are leased, a few a host, so that none is fetched twice or too often.

Leases, budgets and what is due are read from the sources' rows alone, so any number of workers
agree on them.
"""

import secrets
from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, F

from news import leased
from news.models import PER_HOST, Source, SourceQuerySet
from newsnotify.lib.fields import adapted, marks

LEASE = timedelta(minutes=2)
BUDGET, BUDGET_SPAN = 120, timedelta(minutes=1)  # requests to one host in a span


def claim(wanted: SourceQuerySet, now: datetime, limit: int) -> list[Source]:
    """Lease sources, so that at most two requests a host are in flight.

    A host whose budget is spent is passed over; its sources stay due, and nobody is to blame.
    """
    busy = _in_flight(now)
    if full := [host for host, count in busy.items() if count >= PER_HOST]:
        wanted = wanted.exclude(host__in=full)
    keys = _at_a_glance(wanted, busy, now, limit)
    if keys is None:
        keys = _of_each_host(wanted, busy, now, limit)
    return lease(wanted, keys, now)


def lease(wanted: SourceQuerySet, keys: Collection[int], now: datetime) -> list[Source]:
    """Win what nobody else has; the condition is in the UPDATE itself."""
    token = secrets.token_hex(16)
    mine = wanted.filter(pk__in=keys)
    if not (keys and mine.update(lease=token, leased_until=now + LEASE)):
        return []
    return leased.read(token, keys)


def _in_flight(now: datetime) -> Counter[str]:
    leased = Source.objects.filter(leased_until__gt=now).values("host").annotate(n=Count("pk"))
    return Counter(dict(leased.values_list("host", "n")))


def _at_a_glance(
    wanted: SourceQuerySet, busy: Counter[str], now: datetime, limit: int
) -> list[int] | None:
    """Choose among the first that are due; None where hosts with many keep others from view.

    Most hosts have one source or two: there is no need to number them all.
    """
    seen, ranks = 2 * limit, Counter(busy)
    first = list(wanted.order_by("next_fetch_at", "pk").values_list("pk", "host")[:seen])
    free: dict[int, str] = {}
    for key, host in first:
        ranks[host] += 1
        if ranks[host] <= PER_HOST and len(free) < limit:
            free[key] = host
    is_crowded = len(free) < limit and len(first) == seen
    return None if is_crowded or _spent(set(free.values()), now) else list(free)


def _of_each_host(
    wanted: SourceQuerySet, busy: Counter[str], now: datetime, limit: int
) -> list[int]:
    # A host with few sources due cannot have spent anything worth a look.
    hosts = wanted.values("host").annotate(n=Count("pk")).filter(n__gt=PER_HOST)
    if spent := _spent(set(hosts.values_list("host", flat=True)), now):
        wanted = wanted.exclude(host__in=spent)
    ranked = wanted.first_of_each_host().order_by("next_fetch_at", "pk")
    rows = ranked.values_list("pk", "host", F("rank"))[:limit]
    return [pk for pk, host, rank in rows if rank + busy[host] <= PER_HOST]


def _spent(hosts: Collection[str], now: datetime) -> list[str]:
    """List the hosts that have had all the requests we grant a stranger's host.

    One that the operator named is his own affair.
    """
    if not hosts:
        return []
    with connection.cursor() as cursor:  # without the ORM: half the time, for hundreds of hosts
        cursor.execute(
            f"SELECT host FROM news_source WHERE host IN ({marks(hosts)}) "  # noqa: S608 - our own names
            "AND last_fetched_at > %s GROUP BY host HAVING COUNT(*) >= %s",
            [*hosts, adapted(now - BUDGET_SPAN), BUDGET],
        )
        return [host for (host,) in cursor.fetchall() if not _is_named(host)]


def _is_named(host: str) -> bool:
    return settings.OUTBOUND_POLICY.names(host)
