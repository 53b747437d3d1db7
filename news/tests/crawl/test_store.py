from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import pytest

from news.crawl import store
from news.crawl.records import (
    ArticleRecord,
    Document,
    Enclosure,
    Failure,
    FailureKind,
    KeyedEntry,
    KeyedFeed,
    KnownArticle,
    NotModified,
    Plan,
    RawEntry,
)
from news.models import Announcement, Article, Fetch, Source
from news.tests.factories import NOW, make_article, make_source

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
DOCUMENT = Document("https://example.org/feed", 200, b"<rss/>", etag='"1"', duration_ms=7)


def key(name: str) -> bytes:
    return sha256(name.encode()).digest()


def entry(name: str) -> KeyedEntry:
    return KeyedEntry(key(name), key(f"link of {name}"), key(name), "", "", None, RawEntry())


def record(name: str, published_at: datetime | None = None) -> ArticleRecord:
    return ArticleRecord(
        identity=key(name),
        link_key=key(f"link of {name}"),
        content_key=key(name),
        title=name,
        url=f"https://example.org/{name}",
        summary="",
        content="",
        author="",
        published_at=published_at,
        image_url="",
        enclosures=(Enclosure("https://example.org/a.mp3", "audio/mpeg", 3),),
    )


def keep(source: Source, plan: Plan, *records: ArticleRecord, title: str = "T") -> Fetch:
    return store.store_document(
        source,
        DOCUMENT,
        KeyedFeed(title, "https://example.org/", plan.new),
        plan,
        {record.identity: record for record in records},
        body_key=key("body"),
        now=NOW,
        next_fetch_at=LATER,
    )


def test_store_document_inserts_in_order_when_articles_are_new() -> None:
    source = make_source()
    plan = Plan(new=(entry("a"), entry("b")))
    fetch = keep(source, plan, record("b", LATER), record("a"))
    a, b = Article.objects.order_by("id")
    assert (a.title, a.published_at, a.dated_at, a.first_seen_at) == ("a", None, NOW, NOW)
    assert (b.title, b.published_at, b.dated_at) == ("b", LATER, LATER)
    assert a.enclosures == [{"url": "https://example.org/a.mp3", "type": "audio/mpeg", "length": 3}]
    assert (fetch.outcome, fetch.new_count, fetch.bytes, fetch.http_status) == ("new", 2, 6, 200)


def test_store_document_keeps_what_came_with_it_when_stored() -> None:
    source = make_source(lease="mine", leased_until=LATER, failure_count=3, last_error="x")
    keep(source, Plan())
    source.refresh_from_db()
    assert (source.etag, bytes(source.body_key or b""), source.title) == ('"1"', key("body"), "T")
    assert (source.first_crawled_at, source.next_fetch_at) == (NOW, LATER)
    assert (source.failure_count, source.last_error) == (0, "")
    assert (source.lease, source.leased_until) == ("", None)


@pytest.mark.parametrize(("own", "shown"), [("", "T" * 300), ("Mine", "Mine")])
def test_store_document_takes_the_feeds_title_when_there_is_no_own(own: str, shown: str) -> None:
    source = make_source(title=own)
    keep(source, Plan(), title="T" * 400)
    source.refresh_from_db()
    assert source.title == shown


@pytest.mark.parametrize("announce", [True, False])
def test_store_document_announces_when_the_plan_says_so(announce: bool) -> None:
    plan = Plan(new=(entry("a"), entry("b")), announce=announce)
    keep(make_source(), plan, record("a"), record("b"))
    titles = list(Announcement.objects.order_by("id").values_list("article__title", flat=True))
    assert titles == (["a", "b"] if announce else [])


def test_store_document_announces_once_when_told_as_a_summary() -> None:
    plan = Plan(new=(entry("a"), entry("b")), announce=True, as_summary=True)
    keep(make_source(), plan, record("a"), record("b"))
    row = Announcement.objects.get()
    assert row.article is None
    assert row.count == 2


def test_store_document_updates_in_place_when_an_article_changed() -> None:
    source = make_source()
    before = NOW - timedelta(days=9)
    article = make_article(source, "a", before)
    keep(source, Plan(changed=((article.pk, entry("b")),)), record("b"))
    article.refresh_from_db()
    assert (article.title, bytes(article.identity)) == ("b", key("b"))
    assert (article.first_seen_at, article.dated_at, article.updated_at) == (before, before, NOW)


def test_store_unchanged_writes_no_attempt_when_there_was_a_304() -> None:
    source = make_source(failure_count=1)
    fetch = store.store_unchanged(source, NotModified(etag='"2"'), now=NOW, next_fetch_at=LATER)
    source.refresh_from_db()
    assert (fetch.http_status, fetch.outcome) == (304, "not_modified")
    assert (source.etag, source.failure_count, source.last_fetched_at) == ('"2"', 0, NOW)
    assert not Fetch.objects.exists()


def test_store_unchanged_tells_status_and_bytes_when_the_body_was_the_same() -> None:
    fetch = store.store_unchanged(make_source(), DOCUMENT, now=NOW, next_fetch_at=LATER)
    assert (fetch.outcome, fetch.http_status, fetch.bytes) == ("unchanged", 200, 6)


@pytest.mark.parametrize("is_deferral", [True, False])
def test_store_failure_blames_the_source_unless_it_is_a_deferral(is_deferral: bool) -> None:
    source = make_source()
    failure = Failure(FailureKind.HTTP, "It answered 503.", 503)
    store.store_failure(source, failure, now=NOW, next_fetch_at=LATER, is_deferral=is_deferral)
    source.refresh_from_db()
    assert source.failure_count == (0 if is_deferral else 1)
    assert source.last_error == ("" if is_deferral else "It answered 503.")
    assert source.deferred_until == (LATER if is_deferral else None)
    assert (source.last_fetched_at, source.next_fetch_at) == (NOW, LATER)


def test_store_raises_and_writes_nothing_when_the_lease_is_lost() -> None:
    source = make_source(lease="mine")
    Source.objects.update(lease="theirs")
    failure = Failure(FailureKind.NETWORK, "x")
    with pytest.raises(store.LeaseLostError):
        keep(source, Plan(new=(entry("a"),), announce=True), record("a"))
    with pytest.raises(store.LeaseLostError):
        store.store_unchanged(source, NotModified(), now=NOW, next_fetch_at=LATER)
    with pytest.raises(store.LeaseLostError):
        store.store_failure(source, failure, now=NOW, next_fetch_at=LATER, is_deferral=False)
    assert not Article.objects.exists()
    assert not Announcement.objects.exists()
    assert not Fetch.objects.exists()
    assert Source.objects.get().last_fetched_at is None


def test_known_articles_finds_by_identity_or_link_within_the_source_when_asked() -> None:
    source = make_source()
    by_identity = make_article(source, "a")
    by_link = make_article(source, "x", link_key=key("link of b"))
    make_article(source, "unrelated")
    make_article(make_source(), "a")
    found = store.known_articles(
        source, [entry("a"), replace(entry("b"), link_key=key("link of b"))]
    )
    assert sorted(article.id for article in found) == [by_identity.pk, by_link.pk]
    assert KnownArticle(by_link.pk, key("x"), key("link of b"), key("x")) in found


def test_known_articles_copes_when_a_document_has_a_thousand_entries() -> None:
    assert store.known_articles(make_source(), [entry(str(n)) for n in range(1000)]) == []


def test_recent_dates_are_those_of_the_latest_when_there_are_many() -> None:
    source = make_source()
    for n in range(25):
        make_article(source, at=NOW + timedelta(hours=n))
    dates = store.recent_dates(source)
    assert (len(dates), dates[0]) == (20, NOW + timedelta(hours=24))
