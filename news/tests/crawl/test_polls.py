from collections.abc import Callable
from datetime import timedelta

import pytest

from news.crawl.finish import Answered
from news.crawl.polls import store_unchanged
from news.crawl.records import Document, NotModified
from news.models import Fetch, Source
from news.tests.factories import NOW, make_source

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
DOCUMENT = Document("https://example.org/feed", 200, b"<rss/>", etag='"1"', duration_ms=7)


def poll(source: Source, answer: Document | NotModified | None = None) -> Answered:
    return Answered(source, answer or NotModified(etag='"2"'), NOW, LATER)


def test_polls_write_no_attempt_when_there_was_a_304() -> None:
    source = make_source(failure_count=1, last_error="x", deferred_until=NOW)
    [fetch] = store_unchanged([poll(source)])
    source.refresh_from_db()
    assert (fetch.http_status, fetch.outcome, fetch.source) == (304, "not_modified", source)
    assert (source.etag, source.failure_count, source.last_error) == ('"2"', 0, "")
    assert (source.last_fetched_at, source.next_fetch_at) == (NOW, LATER)
    assert (source.first_crawled_at, source.document_at, source.deferred_until) == (NOW, None, None)
    assert not Fetch.objects.exists()


def test_polls_tell_status_and_bytes_when_the_body_was_the_same() -> None:
    source = make_source()
    [fetch] = store_unchanged([poll(source, DOCUMENT)])
    source.refresh_from_db()
    assert (fetch.outcome, fetch.http_status, fetch.bytes) == ("unchanged", 200, 6)
    assert source.document_at == NOW


def test_polls_remember_since_when_a_source_redirects() -> None:
    source = make_source()
    moved = poll(source)._replace(moved_to="https://new.example/", moved_at=NOW)
    store_unchanged([moved])
    source.refresh_from_db()
    assert (source.moved_to, source.moved_at) == ("https://new.example/", NOW)


def healthy_source(lease: str) -> Source:
    return make_source(lease=lease, etag='"2"', first_crawled_at=NOW, leased_until=LATER)


def test_polls_write_when_each_is_due_again_when_all_is_as_before() -> None:
    sources = [healthy_source(lease) for lease in ("a", "b", "a")]
    polls = [
        poll(source)._replace(next_fetch_at=LATER + timedelta(hours=source.pk))
        for source in sources
    ]
    assert {fetch.source for fetch in store_unchanged(polls)} == set(sources)
    for source in sources:
        source.refresh_from_db()
        assert source.next_fetch_at == LATER + timedelta(hours=source.pk)
        assert (source.lease, source.leased_until, source.last_fetched_at) == ("", None, NOW)
        assert (source.etag, source.first_crawled_at) == ('"2"', NOW)


@pytest.mark.parametrize("make", [lambda lease: make_source(lease=lease), healthy_source])
def test_polls_leave_out_the_one_whose_lease_is_lost(make: Callable[[str], Source]) -> None:
    mine, lost = make("mine"), make("mine")
    Source.objects.filter(pk=lost.pk).update(lease="theirs")
    assert [fetch.source for fetch in store_unchanged([poll(lost), poll(mine)])] == [mine]
    lost.refresh_from_db()
    assert (lost.lease, lost.last_fetched_at) == ("theirs", None)
    mine.refresh_from_db()
    assert (mine.lease, mine.leased_until) == ("", None)
