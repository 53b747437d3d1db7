"""What is stored of sources whose documents came: asked for several at once, without the ORM.

The ORM took longer to write such a statement than the database to answer it; and where others
compute at the same time, each statement waits for its turn.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from news.crawl.edits import content_key
from news.crawl.records import ArticleRecord, KnownArticle
from news.models import Source
from news.skim import HEAD_LENGTH
from newsnotify.lib.fields import marks, read_moment

RECENT = 20  # articles that the polling interval is worked out from
TOGETHER = 50  # articles, of which we read what they say
_KNOWN = (
    "SELECT source_id, id, identity, link_key, title, url, own_summary, raw_content "
    "FROM news_article WHERE id IN (%s)"
)
_LATEST = (
    "SELECT source_id, dated_at FROM news_article WHERE source_id = %s "  # noqa: S608 - our own names
    f"ORDER BY first_seen_at DESC, id DESC LIMIT {RECENT}"
)

Keys = list[tuple[int, list[bytes]]]  # of articles, by source


def known_articles(
    several: Collection[tuple[Source, Sequence[ArticleRecord]]],
) -> dict[int, list[KnownArticle]]:
    """Find the stored articles that records may be, by identity or by link; by source."""
    stored = [(source.pk, records) for source, records in several if source.article_count]
    identities = [(pk, [record.identity for record in records]) for pk, records in stored]
    links = [(pk, [r.link_key for r in records if r.link_key]) for pk, records in stored]
    found: dict[int, list[KnownArticle]] = defaultdict(list)
    # Each by its own index: asked for with OR, SQLite reads all that the source ever had.
    halves = [any_of("identity", identities), any_of("link_key", links)]
    select = "SELECT id FROM news_article WHERE "
    sql = " UNION ".join(f"{select}{where}" for where, _ in halves if where)
    if not sql:
        return found
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for _, values in halves for value in values])
        for source_id, article in _read([key for (key,) in cursor.fetchall()]):
            found[source_id].append(article)
    return found


def _read(keys: Sequence[int]) -> Iterator[tuple[int, KnownArticle]]:
    """Reduce stored articles to what decides: their contents are many megabytes, at worst."""
    for at in range(0, len(keys), TOGETHER):
        some = keys[at : at + TOGETHER]
        with connection.cursor() as cursor:
            cursor.execute(_KNOWN % marks(some), some)
            for source_id, pk, identity, link, title, url, summary, content in cursor.fetchall():
                key = content_key(title, content, url=url)
                known = KnownArticle(pk, identity, link, key, summary, content[:HEAD_LENGTH])
                yield source_id, known


def any_of(column: str, keys: Keys) -> tuple[str, list[Any]]:
    """Write the condition that an article has one of the keys of its source; "" for no keys."""
    asked = [(pk, some) for pk, some in keys if some]
    where = " OR ".join(f"(source_id = %s AND {column} IN ({marks(some)}))" for _, some in asked)
    return where, [value for pk, some in asked for value in (pk, *some)]


def recent_dates(sources: Collection[Source]) -> dict[int, list[datetime]]:
    """Tell by source when its latest articles were published or seen, newest first."""
    stored = [source.pk for source in sources if source.article_count]
    dates: dict[int, list[datetime]] = defaultdict(list)
    if not stored:
        return dates
    # SQLite takes no ORDER BY in a part of a union, unless it is a table of its own.
    parts = [f"SELECT * FROM ({_LATEST}) latest"] * len(stored)  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), stored)
        for source_id, dated_at in cursor.fetchall():
            dates[source_id].append(read_moment(dated_at))
    return dates
