"""Compare what a document brings with what is stored, and say what to do; knows only data."""

from collections.abc import Iterable

from news.crawl.edits import content_key
from news.crawl.memory import half, identities
from news.crawl.records import ArticleRecord, KnownArticle, Plan, Reading, SourceState

BURST = 20  # more new articles than this in one document are told as one


def decide(reading: Reading, known: Iterable[KnownArticle], state: SourceState) -> Plan:
    """Sort records into new, changed and known.

    `known` are the stored articles of the source that share an identity or a link with a record.
    A record whose link is known under an identity that this document no longer has is that article
    under another guid: it is changed, never new. The first crawl tells nobody.
    """
    by_identity = {article.identity: article for article in known}
    orphans = _orphans(reading, by_identity.values())
    new: list[ArticleRecord] = []
    changed: list[tuple[int, ArticleRecord]] = []
    for record in reading.records:
        article = by_identity.get(record.identity) or orphans.pop(record.link_key or b"", None)
        if article is None and record.is_edit:
            continue  # it was deleted here, and nobody is told of it again
        if article is None:
            new.append(record)
        elif _differs(article, record):
            changed.append((article.id, record))
    return Plan(
        new=tuple(new),
        changed=tuple(changed),
        announce=bool(new) and not state.is_first_crawl,
        as_summary=len(new) > BURST,
    )


def _orphans(reading: Reading, known: Iterable[KnownArticle]) -> dict[bytes, KnownArticle]:
    """Known articles whose identity left the document, by link: what a guid may have left behind.

    One whose identity is still there is itself, whatever links to it.
    """
    present = identities(reading.memory)
    return {
        article.link_key: article
        for article in known
        if article.link_key and half(article.identity) not in present
    }


def _differs(article: KnownArticle, record: ArticleRecord) -> bool:
    key = content_key(record.title, record.raw_content, url=record.url)
    is_same = (article.identity, article.content_key) == (record.identity, key)
    has_summary = record.own_summary is not None  # else it is how the content begins
    return not is_same or (has_summary and record.summary != article.summary)
