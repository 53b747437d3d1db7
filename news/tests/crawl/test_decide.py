from dataclasses import replace
from hashlib import sha256

import pytest

from news.crawl.decide import decide
from news.crawl.edits import content_key
from news.crawl.records import ArticleRecord, KnownArticle, Reading, SourceState

OLD = SourceState(is_first_crawl=False)


def key(text: str) -> bytes:
    return sha256(text.encode()).digest()


def record(guid: str, *, link: str | None = None, content: str = "c") -> ArticleRecord:
    return ArticleRecord(
        identity=key(guid),
        link_key=key(link) if link else None,
        title=guid,
        url="",
        own_summary=None,
        raw_content=content,
        content_base="",
        author="",
        published_at=None,
        image_url="",
    )


def article(pk: int, guid: str, *, link: str | None = None, content: str = "c") -> KnownArticle:
    like = record(guid, link=link, content=content)
    return KnownArticle(
        pk, like.identity, like.link_key, content_key(guid, content, url=""), None, content
    )


def reading(*records: ArticleRecord, beside: tuple[ArticleRecord, ...] = ()) -> Reading:
    """What a document with these records has to tell, and with others that were there before."""
    memory = b"".join(r.identity[:8] + bytes(8) for r in (*beside, *records))
    return Reading("", "", records, memory)


def test_plan_announces_new_entries_when_the_source_is_known() -> None:
    plan = decide(reading(record("a"), record("b")), [article(1, "a")], OLD)
    assert [new.title for new in plan.new] == ["b"]
    assert (plan.announce, plan.as_summary, plan.changed) == (True, False, ())


def test_plan_announces_nothing_when_it_is_the_first_crawl() -> None:
    plan = decide(reading(record("a")), [], SourceState(is_first_crawl=True))
    assert (len(plan.new), plan.announce) == (1, False)


def test_plan_is_empty_when_nothing_differs() -> None:
    plan = decide(reading(record("a")), [article(1, "a")], OLD)
    assert (plan.new, plan.changed, plan.announce) == ((), (), False)


@pytest.mark.parametrize(
    ("stored", "came", "is_changed"),
    [
        (None, None, False),
        (None, "c", False),
        (None, "a", True),
        ("a", None, False),
        ("a", "a", False),
        ("a", "b", True),
    ],
)
def test_plan_changes_when_a_summary_does_that_is_not_how_the_content_begins(
    stored: str | None, came: str | None, is_changed: bool
) -> None:
    known, brought = replace(article(1, "a"), own_summary=stored), record("a")
    plan = decide(reading(brought._replace(own_summary=came)), [known], OLD)
    assert bool(plan.changed) == is_changed


def test_plan_leaves_out_what_was_deleted_here_and_is_written_otherwise() -> None:
    plan = decide(reading(record("a")._replace(is_edit=True)), [], OLD)
    assert (plan.new, plan.changed, plan.announce) == ((), (), False)


def test_plan_changes_without_announcing_when_content_differs() -> None:
    edited = record("a", content="edited")
    plan = decide(reading(edited), [article(1, "a")], OLD)
    assert (plan.new, plan.changed, plan.announce) == ((), ((1, edited),), False)


def test_plan_changes_the_article_when_only_its_guid_flips() -> None:
    flipped = record("https://x/?p=1", link="l")
    plan = decide(reading(flipped), [article(1, "a", link="l")], OLD)
    assert (plan.new, plan.changed) == ((), ((1, flipped),))


def test_plan_has_a_new_article_when_its_link_belongs_to_one_still_present() -> None:
    before = record("a", link="l")
    found = reading(record("b", link="l"), beside=(before,))
    plan = decide(found, [article(1, "a", link="l")], OLD)
    assert [new.title for new in plan.new] == ["b"]


@pytest.mark.parametrize(("count", "is_summary"), [(20, False), (21, True)])
def test_plan_is_told_as_one_when_more_than_twenty_are_new(count: int, is_summary: bool) -> None:
    plan = decide(reading(*(record(str(n)) for n in range(count))), [], OLD)
    assert plan.as_summary is is_summary
