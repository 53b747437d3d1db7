"""What a hostile document may cost; in seconds of computing, which a busy machine does not stretch.

Few children read for everybody, so that a dear document holds up all others.
"""

import resource
from datetime import UTC, datetime

import pytest

from news.crawl.parse import NotAFeed
from news.crawl.reading import read
from news.crawl.records import Document, Reading
from news.crawl.sandbox import Limits, ParserDied, Sandbox

pytestmark = pytest.mark.anywhere

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
LONGEST = 10 * 1024 * 1024 - 200  # bytes, as many as are fetched at all
LIMITS = Limits()
MOST_SECONDS = LIMITS.cpu_seconds + 2  # a child takes one to start


def rss(items: str) -> bytes:
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


def filled(piece: str) -> str:
    return piece * (LONGEST // len(piece))


def spent_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def cost(body: bytes, limits: Limits = LIMITS) -> tuple[Reading | str, float]:
    """Read in a child as the crawler does; what came of it, and the seconds of computing."""
    before, sandbox = spent_seconds(), Sandbox(1, limits)
    document = Document(url="https://news.example/feed", status=200, body=body)
    outcome: Reading | str
    try:
        outcome = sandbox.run(read, document, b"", NOW)
    except (NotAFeed, ParserDied) as error:
        outcome = error.reason
    finally:
        sandbox.close()
    return outcome, spent_seconds() - before


HOSTILE = {
    "nested_tags_that_end": f"<item><title>a{'<b>' * 10**6}{'</b>' * 10**6}</title></item>",
    "nested_items": filled("<item>"),
    "tags_that_do_not_match": filled("<a></b>"),
    "ampersands": filled("&"),
    "broken_then_items": "<p>" + filled("<item><title>t</title><guid>g</guid></item>"),
}


@pytest.mark.parametrize("items", HOSTILE.values(), ids=HOSTILE)
def test_document_costs_seconds_when_it_is_made_to_cost_minutes(items: str) -> None:
    _, seconds = cost(rss(items))
    assert seconds < MOST_SECONDS


def test_document_is_given_up_with_its_reason_when_it_costs_too_much() -> None:
    outcome, seconds = cost(rss(filled("<item/>")), Limits(cpu_seconds=2))
    assert seconds < MOST_SECONDS
    assert outcome == "Reading this document took more than 2 s of computing."


def test_broken_document_is_read_from_its_head_when_it_is_large() -> None:
    item = "<item><title>t{0}</title><guid>{0}</guid><description><p>a<br></description></item>"
    outcome, _ = cost(rss("".join(map(item.format, range(50_000)))))
    assert isinstance(outcome, Reading)
    assert len(outcome.records) == 1000
    assert {record.summary for record in outcome.records} == {"a"}
