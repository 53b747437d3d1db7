"""Published things for tests: rows, and feeds as bytes."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count

from news.models import Article, Revision, Source, Topic
from newsnotify.lib.fields import digest

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_numbers = count(1)


def make_topic(slug: str = "", **fields: object) -> Topic:
    slug = slug or f"topic-{next(_numbers)}"
    return Topic.objects.create(**{"slug": slug, "name": slug.title(), **fields})


def make_source(url: str = "", **fields: object) -> Source:
    url = url or f"https://host{next(_numbers)}.example/feed.xml"
    return Source.objects.create(**{"next_fetch_at": NOW, **Source.identified_by(url), **fields})


def make_article(source: Source, title: str = "", at: datetime = NOW, **fields: object) -> Article:
    title = title or f"Article {next(_numbers)}"
    given = {"title": title, "identity": digest(title)}
    times = dict.fromkeys(("dated_at", "first_seen_at", "updated_at"), at)
    return Article.objects.create(source=source, **{**given, **times, **fields})


def make_revision(article: Article, at: datetime = NOW, **fields: object) -> Revision:
    """Keep what an article said until a moment."""
    said = {"title": article.title, "raw_content": article.raw_content}
    times = {"written_at": article.first_seen_at, "replaced_at": at}
    return Revision.objects.create(article=article, **{**said, **times, **fields})


def rss(*items: str, title: str = "A feed") -> bytes:
    """Write an RSS document around the items."""
    head = f"<title>{title}</title><link>https://example.org/</link>"
    return f'<rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


def item(name: str, text: str = "Text.", *, guid: str = "", extra: str = "") -> str:
    link = f"<link>https://example.org/{name}</link><guid>{guid or name}</guid>"
    return f"<item><title>{name}</title>{link}<description>{text}</description>{extra}</item>"


def items(names: Iterable[object]) -> list[str]:
    return [item(f"n{name}") for name in names]
