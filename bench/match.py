"""Keyword subscriptions, a million of them: how many articles a second find who wants them."""

import time
from itertools import islice
from typing import Any

from django.db import transaction

from accounts.models import User
from bench.audience import make_source, make_users, news
from bench.figures import figure, size
from bench.rows import analyze, database_settings
from bench.usage import peak_bytes
from bench.wishes import Language
from news.models import Article, Source
from newsnotify.lib.fields import digest
from subscriptions import query_index, services
from subscriptions.keywords import Document, Node
from subscriptions.models import KeywordAnchor, KeywordQuery, Kind, Subscription
from subscriptions.query_index import News

USERS = size(5_000, 100_000)
SUBSCRIPTIONS = size(50_000, 1_000_000)
ARTICLES = size(1_000, 5_000)
SLICE = 50_000
BATCH = 20  # events that the fan-out opens at once
SUMMARY = 500  # characters that an article's column takes
MB = 2**20


def main() -> None:
    language = Language(seed=1)
    first, source = make_users(USERS), make_source()
    _publish(language, source)
    _subscribe(language, first)
    analyze("subscriptions_keywordanchor", "subscriptions_keywordquery")
    said = [language.article() for _ in range(ARTICLES)]
    settings = {
        "subscriptions": SUBSCRIPTIONS,
        "users": USERS,
        "queries": KeywordQuery.objects.count(),
        "anchors": KeywordAnchor.objects.count(),
        **database_settings(),
    }
    _open(source, settings)
    for batch in (1, BATCH):
        _find(said, source, batch, settings)
    _add_one(source, first, settings)


def _publish(language: Language, source: Source) -> None:
    """Publish a thousand articles, from which anchors learn what is frequent."""
    with transaction.atomic():
        for _ in range(1_000):
            title, summary = language.article()
            article = news(source, title)
            Article.objects.filter(pk=article.pk).update(own_summary=summary[:SUMMARY])


def _subscribe(language: Language, first: int) -> None:
    """Let each user follow as many queries as the others; a query is one row for all."""
    known: dict[bytes, int] = {}
    queries = language.queries()
    with transaction.atomic():
        for start in range(0, SUBSCRIPTIONS, SLICE):
            nodes = list(islice(queries, min(SLICE, SUBSCRIPTIONS - start)))
            users = [first + number * 7919 % USERS for number in range(start, start + len(nodes))]
            _ask(nodes, known, users)


def _ask(nodes: list[Node], known: dict[bytes, int], users: list[int]) -> None:
    rows, anchors, subscriptions = [], [], []
    for user, node in zip(users, nodes, strict=True):
        text = node.canonical
        key = digest(f"\n\n{text}")
        if key not in known:
            known[key] = len(known) + 1
            row = KeywordQuery(pk=known[key], key=key, text=text, program=node.program)
            rows.append(row)
            anchors += query_index.anchors_of(row, node)
        subscriptions.append(
            Subscription(user_id=user, kind=Kind.KEYWORD, query_id=known[key], query_text=text)
        )
    KeywordQuery.objects.bulk_create(rows, 5_000)
    KeywordAnchor.objects.bulk_create(anchors, 5_000)
    # Whoever would follow a query twice follows one less.
    Subscription.objects.bulk_create(subscriptions, 5_000, ignore_conflicts=True)


def _open(source: Source, settings: dict[str, Any]) -> None:
    """Find for the first time in this process, which reads what grams there are."""
    begun = time.perf_counter()
    query_index.find([_news("Unheard", "Never said.", source)])
    figure("match.opened", time.perf_counter() - begun, "s, once a process", **settings)


def _find(
    said: list[tuple[str, str]], source: Source, batch: int, settings: dict[str, Any]
) -> None:
    found = 0
    wall, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(said), batch):
        some = said[start : start + batch]
        found += sum(map(len, query_index.find([_news(*each, source) for each in some])))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    figure(
        f"match.articles_at_{batch}",
        len(said) / wall,
        "articles/s",
        our_cpu_ms=round(1000 * cpu / len(said), 3),
        matches_an_article=round(found / len(said), 1),
        peak_mb=round(peak_bytes() / MB),
        **settings,
    )


def _add_one(source: Source, user: int, settings: dict[str, Any]) -> None:
    """Follow one query more, and look whether the next article finds it."""
    news = _news("Unheard", "Never said.", source)
    before = query_index.find([news])
    begun = time.perf_counter()
    row, _ = services.follow_query(user=User.objects.get(pk=user), query="unheard")
    took = time.perf_counter() - begun
    found = query_index.find([news])
    assert (before, found) == ([[]], [[row.query_id]])  # noqa: S101 - else it is no figure
    figure("match.followed", 1000 * took, "ms, and the next article is found", **settings)


def _news(title: str, summary: str, source: Source) -> News:
    names = {"source": [source.host], "topic": ["bench", "Bench"]}
    document = Document.of(title=title, message=summary, **names)
    return News(document, source.topic_id, source.pk)
