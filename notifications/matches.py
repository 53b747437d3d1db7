"""The keyword queries that events match, noted before anybody is told."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import chain

from django.db.models import Count, prefetch_related_objects

from notifications.models import Event, EventMatch
from subscriptions import query_index
from subscriptions.documents import document_of
from subscriptions.models import Subscription
from subscriptions.query_index import News

LARGE = 5_000  # who ask a query: so many that they are cut to chunks by an index of their own
KEEP = timedelta(days=90)  # what statistics and explanations ask for
PRUNED_AT_ONCE = 5_000
AT_MOST = 16  # such queries of an event; a statement has to name each of them


def note(due: Sequence[Event]) -> list[Event]:
    """Note the queries that due events match. Returns those that nobody else has begun.

    They stay locked until the transaction ends, so two workers do not note them twice.
    """
    locked = Event.objects.select_for_update().filter(
        pk__in=[event.pk for event in due], fanned_out_at=None, lane_count=0
    )
    ours = set(locked.order_by("pk").values_list("pk", flat=True)) if due else set()
    events = [event for event in due if event.pk in ours]
    matching = [event for event in events if not event.is_addressed]
    if not matching or query_index.is_empty():
        return events
    prefetch_related_objects(matching, "topic", "source")
    found = query_index.find([news_of(event) for event in matching])
    large = _large(set(chain.from_iterable(found)))
    for event, queries in zip(matching, found, strict=True):
        _store(event, queries, large)
    return events


def news_of(event: Event) -> News:
    """Say what is matched of an event: title and message, names of topic and source."""
    document = document_of(
        title=event.title, message=event.message, topic=event.topic, source=event.source
    )
    return News(document, event.topic_id, event.source_id)


def _store(event: Event, queries: Collection[int], large: Counter[int]) -> None:
    if not queries:
        return
    largest = {pk for pk, _ in Counter({pk: large[pk] for pk in queries}).most_common(AT_MOST)}
    EventMatch.objects.bulk_create(
        [
            EventMatch(event=event, query_id=pk, is_large=pk in large and pk in largest)
            for pk in queries
        ],
        1_000,
    )
    event.match_count = len(queries)
    Event.objects.filter(pk=event.pk).update(match_count=event.match_count)


def _large(queries: Collection[int]) -> Counter[int]:
    """Count who ask each of these queries, of those that very many ask."""
    if not queries:
        return Counter()
    rows = Subscription.objects.filter(query__in=queries).order_by().values_list("query")
    return Counter(dict(rows.annotate(count=Count("pk")).filter(count__gt=LARGE)))


def prune(now: datetime) -> int:
    """Forget what events matched that are older than 90 days. Returns how many matches."""
    pruned = 0
    while True:
        oldest = EventMatch.objects.order_by("event_id").values_list("event_id", flat=True)
        ids = set(oldest[:PRUNED_AT_ONCE])
        over = Event.objects.filter(pk__in=ids, created_at__lt=now - KEEP)
        gone = list(over.values_list("pk", flat=True))
        some, _ = EventMatch.objects.filter(event__in=gone).delete()
        if not some:
            return pruned
        pruned += some
