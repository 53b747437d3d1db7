from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from news.crawl import store
from news.crawl.attempts import Attempt
from news.crawl.finish import Answered
from news.crawl.records import (
    ArticleRecord,
    Document,
    Enclosure,
    Failure,
    FailureKind,
    NotModified,
    Plan,
    Reading,
    SourceState,
)
from news.models import Announcement, Article, Fetch, Source
from news.tests.factories import NOW, make_article, make_source

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
FAULT = store.Verdict.FAULT
DOCUMENT = Document("https://example.org/feed", 200, b"<rss/>", etag='"1"', duration_ms=7)


def key(name: str) -> bytes:
    return sha256(name.encode()).digest()


def record(name: str, published_at: datetime | None = None) -> ArticleRecord:
    return ArticleRecord(
        identity=key(name),
        link_key=key(f"link of {name}"),
        title=name,
        url=f"https://example.org/{name}",
        own_summary="",
        raw_content="",
        content_base="",
        author="",
        published_at=published_at,
        image_url="",
        enclosures=(Enclosure("https://example.org/a.mp3", "audio/mpeg", 3),),
    )


def answered(source: Source, answer: Document | NotModified = DOCUMENT) -> Answered:
    return Answered(source, answer, NOW, LATER)


def decided(source: Source, plan: Plan, title: str = "T") -> store.Decided:
    return store.Decided(
        answered(source),
        Reading(title, "https://example.org/", plan.new, b"memory"),
        plan,
        SourceState(is_first_crawl=False, rhythm=timedelta(hours=2), newest_at=NOW),
        body_key=key("body"),
        parse_ms=3,
    )


def keep(source: Source, plan: Plan, title: str = "T") -> Attempt:
    [fetch] = store.store_documents([decided(source, plan, title)])
    return fetch


def test_store_documents_inserts_in_order_when_articles_are_new() -> None:
    source = make_source()
    fetch = keep(source, Plan(new=(record("a"), record("b", LATER))))
    a, b = Article.objects.order_by("id")
    assert (a.title, a.published_at, a.dated_at, a.first_seen_at) == ("a", None, NOW, NOW)
    assert (b.title, b.published_at, b.dated_at) == ("b", LATER, LATER)
    assert a.enclosures == [{"url": "https://example.org/a.mp3", "type": "audio/mpeg", "length": 3}]
    assert (fetch.outcome, fetch.new_count, fetch.bytes, fetch.http_status) == ("new", 2, 6, 200)


def test_store_documents_keeps_what_came_with_it_when_stored() -> None:
    source = make_source(lease="mine", leased_until=LATER, failure_count=3, last_error="x")
    keep(source, Plan())
    source.refresh_from_db()
    assert (source.etag, bytes(source.body_key or b""), source.title) == ('"1"', key("body"), "T")
    assert (source.first_crawled_at, source.next_fetch_at) == (NOW, LATER)
    assert (source.failure_count, source.last_error) == (0, "")
    assert (source.lease, source.leased_until) == ("", None)


@pytest.mark.parametrize(("own", "shown"), [("", "T" * 300), ("Mine", "Mine")])
def test_store_documents_takes_the_feeds_title_when_there_is_no_own(own: str, shown: str) -> None:
    source = make_source(title=own)
    keep(source, Plan(), title="T" * 400)
    source.refresh_from_db()
    assert source.title == shown


@pytest.mark.parametrize("announce", [True, False])
def test_store_documents_announces_when_the_plan_says_so(announce: bool) -> None:
    keep(make_source(), Plan(new=(record("a"), record("b")), announce=announce))
    titles = list(Announcement.objects.order_by("id").values_list("article__title", flat=True))
    assert titles == (["a", "b"] if announce else [])


def test_store_documents_announces_once_when_told_as_a_summary() -> None:
    keep(make_source(), Plan(new=(record("a"), record("b")), announce=True, as_summary=True))
    row = Announcement.objects.get()
    assert row.article is None
    assert row.count == 2


def test_store_documents_updates_in_place_when_an_article_changed() -> None:
    source = make_source()
    before = NOW - timedelta(days=9)
    article = make_article(source, "a", before)
    keep(source, Plan(changed=((article.pk, record("b")),)))
    article.refresh_from_db()
    assert (article.title, bytes(article.identity)) == ("b", key("b"))
    assert (article.first_seen_at, article.dated_at, article.updated_at) == (before, before, NOW)


@pytest.mark.parametrize("verdict", store.Verdict)
def test_store_failure_blames_the_source_when_it_is_its_fault(verdict: store.Verdict) -> None:
    source = make_source()
    failure = Failure(FailureKind.HTTP, "It answered 503.", 503)
    fetch = store.store_failure(source, failure, verdict, now=NOW, next_fetch_at=LATER)
    source.refresh_from_db()
    assert source.failure_count == (1 if verdict is FAULT else 0)
    assert source.last_error == ("It answered 503." if verdict is FAULT else "")
    assert source.deferred_until == (LATER if verdict is store.Verdict.ASKED_TO_WAIT else None)
    assert fetch.outcome == ("failed" if verdict is FAULT else "deferred")
    assert (source.last_fetched_at, source.next_fetch_at) == (NOW, LATER)


def test_store_writes_nothing_when_the_lease_is_lost() -> None:
    source = make_source(lease="mine")
    Source.objects.update(lease="theirs")
    failure = Failure(FailureKind.NETWORK, "x")
    assert store.store_documents([decided(source, Plan(new=(record("a"),), announce=True))]) == []
    with pytest.raises(store.LeaseLostError):
        store.store_failure(source, failure, FAULT, now=NOW, next_fetch_at=LATER)
    assert not Article.objects.exists()
    assert not Announcement.objects.exists()
    assert not Fetch.objects.exists()
    assert Source.objects.get().last_fetched_at is None
