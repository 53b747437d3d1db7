from hashlib import sha256

import pytest

from news.crawl.decide import decide
from news.crawl.records import KeyedEntry, KeyedFeed, KnownArticle, RawEntry, SourceState

OLD = SourceState(is_first_crawl=False)


def key(text: str) -> bytes:
    return sha256(text.encode()).digest()


def entry(guid: str, *, link: str | None = None, content: str = "c") -> KeyedEntry:
    return KeyedEntry(
        identity=key(guid),
        link_key=key(link) if link else None,
        content_key=key(content),
        url="",
        base="",
        published_at=None,
        raw=RawEntry(guid=guid),
    )


def article(pk: int, guid: str, *, link: str | None = None, content: str = "c") -> KnownArticle:
    like = entry(guid, link=link, content=content)
    return KnownArticle(pk, like.identity, like.link_key, like.content_key)


def feed(*entries: KeyedEntry) -> KeyedFeed:
    return KeyedFeed(title="", site_url="", entries=entries)


def test_plan_announces_new_entries_when_the_source_is_known() -> None:
    plan = decide(feed(entry("a"), entry("b")), [article(1, "a")], OLD)
    assert [new.raw.guid for new in plan.new] == ["b"]
    assert (plan.announce, plan.as_summary, plan.changed) == (True, False, ())


def test_plan_announces_nothing_when_it_is_the_first_crawl() -> None:
    plan = decide(feed(entry("a")), [], SourceState(is_first_crawl=True))
    assert (len(plan.new), plan.announce) == (1, False)


def test_plan_is_empty_when_nothing_differs() -> None:
    plan = decide(feed(entry("a")), [article(1, "a")], OLD)
    assert (plan.new, plan.changed, plan.announce) == ((), (), False)


def test_plan_changes_without_announcing_when_content_differs() -> None:
    edited = entry("a", content="edited")
    plan = decide(feed(edited), [article(1, "a")], OLD)
    assert (plan.new, plan.changed, plan.announce) == ((), ((1, edited),), False)


def test_plan_changes_the_article_when_only_its_guid_flips() -> None:
    flipped = entry("https://x/?p=1", link="l")
    plan = decide(feed(flipped), [article(1, "a", link="l")], OLD)
    assert (plan.new, plan.changed) == ((), ((1, flipped),))


def test_plan_has_a_new_article_when_its_link_belongs_to_one_still_present() -> None:
    plan = decide(feed(entry("a"), entry("b", link="l")), [article(1, "a", link="l")], OLD)
    assert [new.raw.guid for new in plan.new] == ["b"]


@pytest.mark.parametrize(("count", "is_summary"), [(20, False), (21, True)])
def test_plan_is_told_as_one_when_more_than_twenty_are_new(count: int, is_summary: bool) -> None:
    plan = decide(feed(*(entry(str(n)) for n in range(count))), [], OLD)
    assert plan.as_summary is is_summary
