import asyncio
import gzip
import random
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from news.crawl.fetch import Outcome, fetch, user_agent
from news.crawl.records import Document, Failure, FailureKind, NotModified, Request
from newsnotify.lib import outbound
from newsnotify.lib.outbound import Limits, OutboundPolicy
from newsnotify.lib.tests.servers import HANG, RESET, Answer, Server
from newsnotify.lib.tests.servers import Request as Seen

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SHORT = Limits(connect_seconds=0.3, total_seconds=0.5, max_bytes=50_000)
AGENT = user_agent("1.2", "https://news.example", 3)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def crawl(*requests: Request, allow: str = "127.0.0.1") -> list[Outcome]:
    async def run() -> list[Outcome]:
        async with outbound.session(OutboundPolicy.parse(allow)) as session:
            return [await fetch(session, r, agent=AGENT, now=NOW, limits=SHORT) for r in requests]

    return asyncio.run(run())


def crawl_one(url: str, etag: str = "", last_modified: str = "") -> Outcome:
    return crawl(Request(url, etag=etag, last_modified=last_modified))[0]


def failure_of(answer: Answer, server: Server) -> Failure:
    server.respond = lambda _: answer
    outcome = crawl_one(server.url)
    assert isinstance(outcome, Failure)
    return outcome


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 subscribers"), (1, "1 subscriber"), (12, "12 subscribers")]
)
def test_user_agent_says_who_asks_and_for_how_many_when_made(count: int, words: str) -> None:
    assert user_agent("1.2", "https://news.example", count) == (
        f"NewsNotify/1.2 (+https://news.example; {words})"
    )


def test_fetch_returns_a_document_when_server_answers(server: Server) -> None:
    headers = {"ETag": '"a"', "Last-Modified": "yesterday", "Content-Type": "text/xml; charset=x"}
    server.respond = lambda _: Answer(200, headers, b"<rss/>")
    outcome = crawl_one(f"{server.url}/feed")
    assert isinstance(outcome, Document)
    assert (outcome.url, outcome.status, outcome.body) == (f"{server.url}/feed", 200, b"<rss/>")
    assert (outcome.etag, outcome.last_modified) == ('"a"', "yesterday")
    assert outcome.content_type == "text/xml; charset=x"
    assert outcome.headers["etag"] == '"a"'
    assert outcome.moved_to == ""
    assert outcome.duration_ms >= 0


def test_fetch_asks_honestly_for_feeds_and_without_validators_when_first(server: Server) -> None:
    crawl_one(server.url)
    headers = server.requests[0].headers
    assert headers["user-agent"] == AGENT
    assert "application/rss+xml" in headers["accept"]
    assert not {"if-none-match", "if-modified-since"} & set(headers)


@pytest.mark.parametrize(
    "etag", ['"abc"', 'W/"abc--gzip"', "unquoted", '"é☃"', '"a, b"', "  spaced  ".strip(), "'"]
)
def test_fetch_sends_validators_back_byte_for_byte_when_it_has_them(
    server: Server, etag: str
) -> None:
    server.respond = lambda _: Answer(200, {"ETag": etag, "Last-Modified": "Tue, 1 Jan 70"})
    first = crawl_one(server.url)
    assert isinstance(first, Document)
    crawl_one(server.url, first.etag, first.last_modified)
    assert server.requests[1].headers["if-none-match"] == etag
    assert server.requests[1].headers["if-modified-since"] == "Tue, 1 Jan 70"


@pytest.mark.parametrize("etag", ['"\udce9"', '"' + "x" * 600 + '"', '"a\tb"'])
def test_fetch_forgets_a_validator_when_it_could_not_be_sent_back(
    server: Server, etag: str
) -> None:
    server.respond = lambda _: Answer(200, {"ETag": etag})
    outcome = crawl_one(server.url)
    assert isinstance(outcome, Document)
    assert outcome.etag == ""


def test_fetch_says_not_modified_when_server_answers_304(server: Server) -> None:
    server.respond = lambda _: Answer(304, {"ETag": '"new"', "Cache-Control": "max-age=60"})
    outcome = crawl_one(server.url, etag='"old"', last_modified="then")
    assert isinstance(outcome, NotModified)
    assert (outcome.etag, outcome.last_modified) == ('"new"', "then")
    assert outcome.headers["cache-control"] == "max-age=60"


def test_fetch_fails_when_server_answers_304_without_having_been_asked(server: Server) -> None:
    assert failure_of(Answer(304), server).kind is FailureKind.HTTP


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, FailureKind.HTTP),  # without a Location
        (401, FailureKind.HTTP),
        (404, FailureKind.HTTP),
        (410, FailureKind.GONE),
        (429, FailureKind.BUSY),
        (500, FailureKind.HTTP),
        (503, FailureKind.HTTP),
        (599, FailureKind.HTTP),
        (999, FailureKind.HTTP),
    ],
)
def test_fetch_tells_the_kind_of_failure_when_status_is_no_success(
    server: Server, status: int, kind: FailureKind
) -> None:
    failure = failure_of(Answer(status), server)
    assert (failure.kind, failure.status) == (kind, status)
    assert not failure.is_unreached


def test_fetch_gives_a_sentence_when_status_is_no_success(server: Server) -> None:
    reason = failure_of(Answer(500), server).reason
    assert reason == "127.0.0.1 answered 500 Internal Server Error."


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("Sun, 01 Mar 2026 12:05:00 GMT", 300),
        ("Sun, 01 Mar 2026 13:05:00 +0100", 300),
        ("Sunday, 01-Mar-26 12:05:00 GMT", 300),
        ("Sun Mar  1 12:05:00 2026", 300),
        ("999999999", 86400),
        ("9" * 5000, 86400),
        ("Sun, 01 Mar 2099 12:00:00 GMT", 86400),
    ],
)
def test_fetch_tells_how_long_to_wait_when_server_asks_for_patience(
    server: Server, value: str, seconds: int
) -> None:
    for status in (429, 503):
        failure = failure_of(Answer(status, {"Retry-After": value}), server)
        assert failure.kind is FailureKind.BUSY
        assert failure.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value",
    ["0", "-5", "1.5", "soon", "", "²", "Sun, 01 Mar 2026 11:00:00 GMT", "Sun, 99 Xyz 2026", "1e9"],
)
def test_fetch_ignores_retry_after_when_it_is_nonsense_or_past(server: Server, value: str) -> None:
    busy = failure_of(Answer(429, {"Retry-After": value}), server)
    assert (busy.kind, busy.retry_after) == (FailureKind.BUSY, None)
    assert failure_of(Answer(503, {"Retry-After": value}), server).kind is FailureKind.HTTP


@pytest.mark.parametrize(
    ("first", "second", "is_adopted"),
    [(301, 308, True), (308, 308, True), (301, 302, False), (307, 301, False), (303, 303, False)],
)
def test_fetch_reports_the_move_when_every_redirect_is_permanent(
    server: Server, first: int, second: int, is_adopted: bool
) -> None:
    moves = {"/a": (first, "/b"), "/b": (second, "/c")}

    def respond(seen: Seen) -> Answer:
        status, to = moves.get(seen.path, (304 if "if-none-match" in seen.headers else 200, ""))
        return Answer(status, {"Location": to} if to else {})

    server.respond = respond
    outcomes = crawl(Request(f"{server.url}/a"), Request(f"{server.url}/a", etag='"a"'))
    assert [type(outcome) for outcome in outcomes] == [Document, NotModified]
    for outcome in outcomes:
        assert not isinstance(outcome, Failure)
        assert outcome.moved_to == (f"{server.url}/c" if is_adopted else "")


def test_fetch_keeps_user_info_in_the_move_only_when_url_had_it(server: Server) -> None:
    server.respond = lambda seen: (
        Answer(301, {"Location": "/b"}) if seen.path == "/a" else Answer(body=b"<rss/>")
    )
    outcome = crawl_one(server.url.replace("//", "//me:pw@") + "/a")
    assert isinstance(outcome, Document)
    assert outcome.url == f"{server.url}/b"
    assert outcome.moved_to == f"http://me:pw@127.0.0.1:{server.port}/b"


def test_fetch_is_refused_when_policy_forbids(server: Server) -> None:
    (outcome,) = crawl(Request(server.url), allow="")
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.REFUSED
    assert server.connection_count == 0


@pytest.mark.parametrize(
    "url", ["", "no url", "ftp://example.org/", "http://[::1", "http://\ud800/"]
)
def test_fetch_is_refused_when_the_url_is_unusable(url: str) -> None:
    outcome = crawl_one(url)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.REFUSED


def test_fetch_fails_as_too_large_when_body_passes_the_limit(server: Server) -> None:
    bomb = gzip.compress(bytes(5_000_000))
    failure = failure_of(Answer(200, {"Content-Encoding": "gzip"}, bomb), server)
    assert (failure.kind, failure.status) == (FailureKind.TOO_LARGE, 200)


def test_fetch_fails_as_unreached_when_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    outcome = crawl_one(f"http://127.0.0.1:{port}/")
    assert isinstance(outcome, Failure)
    assert (outcome.kind, outcome.is_unreached) == (FailureKind.NETWORK, True)


def test_fetch_fails_as_network_when_server_hangs_or_resets(server: Server) -> None:
    for reply in (HANG, RESET):
        server.respond = lambda _, reply=reply: reply  # type: ignore[misc]
        outcome = crawl_one(server.url)
        assert isinstance(outcome, Failure)
        assert (outcome.kind, outcome.is_unreached) == (FailureKind.NETWORK, False)


def test_fetch_measures_how_long_it_took_when_it_fails(server: Server) -> None:
    server.respond = lambda _: HANG
    outcome = crawl_one(server.url)
    assert 400 <= outcome.duration_ms < 5000


def test_fetch_returns_an_outcome_when_the_server_sends_anything(server: Server) -> None:
    dice = random.Random(7)  # noqa: S311 repeatable on purpose
    replies = [_mutated(dice) for _ in range(150)]
    server.respond = lambda seen: replies[int(seen.path[1:])]
    outcomes = crawl(*[Request(f"{server.url}/{i}", etag='"a"') for i in range(len(replies))])
    assert {type(outcome) for outcome in outcomes} >= {Document, Failure}


def _mutated(dice: random.Random) -> bytes:
    """Give an answer that was right once: bytes flipped, dropped, doubled, cut off."""
    raw = bytearray(dice.choice(_WELL_FORMED))
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(raw))
        raw[at : at + dice.randint(0, 3)] = dice.choice(_INSERTIONS)
    return bytes(raw[: dice.randint(1, len(raw))] if dice.random() < 0.3 else raw)


_WELL_FORMED = [
    b'HTTP/1.1 200 OK\r\nETag: "a"\r\nContent-Length: 6\r\n\r\n<rss/>',
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n<rss/>\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"<rss/>"),
    b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.2/x\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 503 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nLast-Modified: Sun, 01 Mar 2026 11:00:00 GMT\r\n\r\n",
]
_INSERTIONS = [b"", b"\x00", b"\xff\xfe", b"\r\n", b"\n", b":", b" ", b"9" * 30, b"-1", b"\x1f\x8b"]
