"""What the crawl bench serves: feeds that are always the same, answered as a web server does."""

import gzip
import json
import re

import pytest

from bench.documents import document, entry_count
from bench.figures import missing
from bench.publisher import Publisher
from bench.slow_host import SlowHost


def links(body: bytes) -> list[bytes]:
    return re.findall(rb"https://publisher\d+\.example/articles/\d+", body)


@pytest.mark.parametrize("number", [0, 14, 19])  # RSS, Atom, RDF
def test_document_has_one_new_entry_and_loses_its_oldest_with_each_version(number: int) -> None:
    first, second = (list(dict.fromkeys(links(document(number, v)[1]))) for v in (1, 2))
    assert len(first) == len(second) == entry_count(number)
    assert second[1:] == first[:-1]
    assert second[0] not in first


def test_document_is_the_same_whenever_it_is_written() -> None:
    assert document(3, 2) == document(3, 2)


def test_publisher_answers_304_when_it_is_sent_what_it_said() -> None:
    publisher = Publisher(1)
    answer = publisher.answer(b"/0", b"GET /0 HTTP/1.1\r\n\r\n")
    tag = re.findall(rb'ETag: (".*")', answer)[0]
    modified = re.findall(rb"Last-Modified: (.*)\r", answer)[0]
    for known in (b"If-None-Match: " + tag, b"If-Modified-Since: " + modified):
        assert publisher.answer(b"/0", known).startswith(b"HTTP/1.1 304 ")
    publisher.answer(b"/version/2", b"")
    assert publisher.answer(b"/0", b"If-None-Match: " + tag).startswith(b"HTTP/1.1 200 ")
    told = json.loads(publisher.answer(b"/served", b"").partition(b"\r\n\r\n")[2])
    assert told["answers"] == {"200": 2, "304": 2}


def test_publisher_packs_for_who_takes_gzip() -> None:
    answer = Publisher(1).answer(b"/0", b"Accept-Encoding: gzip\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head
    assert gzip.decompress(body) == document(0)[1]


def test_slow_host_counts_who_waits_at_once() -> None:
    slow = SlowHost()
    for number in range(3):
        assert b"<item>" in slow.answer(b"/%d" % number, b"")
    told = json.loads(slow.answer(b"/served", b"").partition(b"\r\n\r\n")[2])
    assert told == {"requests": 3, "at_once": 3}


def test_missing_peer_is_a_line_of_json_that_tells_the_remedy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    missing("crawl.sqlite.sfeed", "sfeed_update is not installed: on Debian, apt-get install sfeed")
    line = json.loads(capsys.readouterr().out)
    assert line["name"] == "crawl.sqlite.sfeed"
    assert line["missing"].endswith("apt-get install sfeed")
