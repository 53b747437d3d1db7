"""Compare a feed with what is stored, and say what has to be done; knows only data."""

from collections.abc import Iterable

from news.crawl.records import KeyedEntry, KeyedFeed, KnownArticle, Plan, SourceState

BURST = 20  # more new articles than this in one document are told as one


def decide(feed: KeyedFeed, known: Iterable[KnownArticle], state: SourceState) -> Plan:
    """Sort entries into new, changed and known.

    `known` are the stored articles of the source that share an identity or a link with an entry.
    An entry whose link is known under an identity that this document no longer has is that article
    under another guid: it is changed, never new. The first crawl tells nobody.
    """
    by_identity = {article.identity: article for article in known}
    orphans = _orphans(feed, by_identity.values())
    new: list[KeyedEntry] = []
    changed: list[tuple[int, KeyedEntry]] = []
    for entry in feed.entries:
        article = by_identity.get(entry.identity) or orphans.pop(entry.link_key or b"", None)
        if article is None:
            new.append(entry)
        elif _differs(article, entry):
            changed.append((article.id, entry))
    return Plan(
        new=tuple(new),
        changed=tuple(changed),
        announce=bool(new) and not state.is_first_crawl,
        as_summary=len(new) > BURST,
    )


def _orphans(feed: KeyedFeed, known: Iterable[KnownArticle]) -> dict[bytes, KnownArticle]:
    """Known articles whose identity left the document, by link: what a guid may have left behind.

    One whose identity is still there is itself, whatever links to it.
    """
    present = {entry.identity for entry in feed.entries}
    return {
        article.link_key: article
        for article in known
        if article.link_key and article.identity not in present
    }


def _differs(article: KnownArticle, entry: KeyedEntry) -> bool:
    return (article.identity, article.content_key) != (entry.identity, entry.content_key)
