"""Answers as bytes, in whatever pieces: no network, so that every split can be tried."""

import gzip
import zlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsnotify.lib.outbound import BadAnswer, TooLarge
from newsnotify.lib.outbound.answer import Answer

pytestmark = pytest.mark.anywhere

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n"
GZIP = OK + b"Content-Encoding: gzip\r\n"
MAX_BYTES = 100_000


def read(pieces: Iterable[bytes], method: str = "GET", *, ends: bool = True) -> Answer:
    answer = Answer("example.org", method, MAX_BYTES)
    for piece in pieces:
        if not answer.is_done:
            answer.feed(piece)
    if ends and not answer.is_done:
        answer.end()
    return answer


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def chunks(data: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (data[:3], data[3:], b""))


WHOLE = [
    (OK + b"Content-Length: 4\r\n\r\nnews", b"news"),
    (OK + b"Content-Length: 0\r\n\r\n", b""),
    (OK + b"\r\nnews", b"news"),
    (b"HTTP/1.0 200\r\n\r\nnews", b"news"),
    (OK.replace(b"\r", b"") + b"X: a\n b\nContent-Length: 4\n\nnews", b"news"),
    (CHUNKED + b"\r\n" + chunks(b"the news"), b"the news"),
    (CHUNKED + b"\r\n4;a=b\r\nnews\r\n0\r\nX-Trailer: b\r\n\r\n", b"news"),
    (CHUNKED + b"Content-Encoding: gzip\r\n\r\n" + chunks(gzip.compress(b"news")), b"news"),
    (GZIP + b"\r\n" + gzip.compress(b"ne") + gzip.compress(b"ws"), b"news"),
    (GZIP + b"\r\n" + gzip.compress(b"news") + bytes(9), b"news"),
    (GZIP + b"Content-Length: 0\r\n\r\n", b""),
    (GZIP.replace(b"gzip", b"X-GZip ") + b"\r\n" + gzip.compress(b"news"), b"news"),
    (GZIP.replace(b"gzip", b"deflate") + b"\r\n" + zlib.compress(b"news"), b"news"),
    (GZIP.replace(b"gzip", b"deflate") + b"\r\n" + deflated(b"news"), b"news"),
    (GZIP.replace(b"gzip", b"utf-8") + b"\r\nnews", b"news"),
    (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nX: y\r\n\r\n" + OK + b"\r\nnews",
        b"news",
    ),
    (b"HTTP/1.1 204 None\r\nContent-Length: 4\r\n\r\n", b""),
    (b"HTTP/1.1 304 Same\r\nContent-Length: 4\r\n\r\n", b""),
    (b"HTTP/1.1 302 There\r\nLocation: /\r\nContent-Length: 4\r\n\r\nnews", b""),
    (b"HTTP/1.1 404 None\r\nContent-Length: 4\r\n\r\nnews", b"news"),
]


@pytest.mark.parametrize(("raw", "body"), WHOLE)
def test_answer_is_the_same_however_the_network_splits_it(raw: bytes, body: bytes) -> None:
    whole = read([raw])
    assert (whole.error, bytes(whole.body)) == (None, body)
    splits = [[raw[:at], raw[at:]] for at in range(1, len(raw))]
    for pieces in [*splits, [raw[at : at + 1] for at in range(len(raw))]]:
        answer = read(pieces)
        assert answer.error is None
        assert (answer.status, answer.headers, answer.body) == (
            whole.status,
            whole.headers,
            whole.body,
        )


_NAMES = st.sampled_from(
    b"ETag|etag|X|Location|Content-Length|Transfer-Encoding|Upgrade|Connection|A b|| folded".split(
        b"|"
    )
)
_VALUES = st.one_of(
    st.sampled_from([b"4", b"chunked", b"gzip", b"upgrade", b'"a"', b" b\tc ", b"", b"\xc3\xa4"]),
    st.binary(max_size=6),
)
_COLONS = st.sampled_from([b":", b": ", b" :", b""])
_LINES = st.lists(st.tuples(_NAMES, _COLONS, _VALUES), max_size=5)
_FIRST = st.sampled_from(
    [
        b"HTTP/1.1 304 Not Modified",
        b"HTTP/1.0 304",
        b"HTTP/1.1 304 \xff\x01",
        b"HTTP/1.1  304 x",
        b"HTTP/1.1 3040 x",
        b"HTTP/2.0 304 x",
        b"http/1.1 304 x",
    ]
)


@given(_FIRST, _LINES, st.sampled_from([b"\r\n", b"\n"]), st.binary(max_size=9))
def test_answer_is_read_at_once_as_it_is_read_in_pieces(
    first: bytes, lines: list[tuple[bytes, bytes, bytes]], end: bytes, more: bytes
) -> None:
    raw = end.join([first, *(b"".join(line) for line in lines), b"", b""])
    at_once, in_pieces = read([raw + more]), read([raw[:3], raw[3:] + more])
    assert type(at_once.error) is type(in_pieces.error)
    assert (at_once.status, at_once.headers) == (in_pieces.status, in_pieces.headers)


def test_answer_is_done_without_the_end_of_the_connection_when_its_length_is_told() -> None:
    for raw, _ in WHOLE:
        if b"Content-Length" in raw or b"chunked" in raw:
            assert read([raw], ends=False).is_done


@pytest.mark.parametrize("cut", range(1, 90))
def test_answer_is_bad_when_a_whole_one_is_cut_anywhere(cut: int) -> None:
    for raw in (CHUNKED + b"\r\n" + chunks(b"the news"), GZIP + b"\r\n" + gzip.compress(b"news")):
        is_bare_head = raw[: len(raw) - cut].endswith(b"gzip\r\n\r\n")
        if cut < len(raw) and not is_bare_head:
            assert isinstance(read([raw[:-cut]]).error, BadAnswer)


def test_answer_takes_nothing_from_what_was_said_before_it() -> None:
    early = b"HTTP/1.1 103 Early\r\nLink: <x>\r\nContent-Length: 4\r\nLocation: /\r\n\r\n"
    odd = b"HTTP/1.1 150 Odd\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nlies"
    answer = read([early + odd + OK + b"X: y\r\n\r\nnews"])
    assert (answer.error, bytes(answer.body), answer.headers) == (None, b"news", {"x": "y"})


def test_answer_takes_no_body_when_the_question_was_head() -> None:
    answer = read([OK + b"Content-Length: 9\r\n\r\n"], "HEAD", ends=False)
    assert (answer.is_done, answer.error, bytes(answer.body)) == (True, None, b"")


def test_answer_ignores_what_follows_when_it_is_whole() -> None:
    first = OK + b"X: 1\r\nContent-Length: 4\r\n\r\nnews"
    for more in (
        b"garbage",
        b"\x00" * 99,
        OK + b"X: 2\r\nContent-Length: 4\r\n\r\nlies",
        b"\r\n\r\n",
    ):
        answer = read([first + more])
        assert (answer.error, bytes(answer.body), answer.headers["x"]) == (None, b"news", "1")


@pytest.mark.parametrize(
    "raw",
    [
        CHUNKED + b"\r\n" + size + b"\r\nnews\r\n0\r\n\r\n"
        for size in (
            b"",
            b"g",
            b"-4",
            b"+4",
            b"0x4",
            b" 4",
            b"4 4",
            b"f" * 17,
            b"3",
            b"4\x00",
        )
    ]
    + [
        CHUNKED + b"Content-Length: 4\r\n\r\n4\r\nnews\r\n0\r\n\r\n",
        OK + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nnews\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: xchunked\r\n\r\nnews",
        *(
            OK + b"Content-Length: " + length + b"\r\n\r\nnews"
            for length in (
                b"5",
                b"4, 5",
                b"4\r\nContent-Length: 5",
                b"+4",
                b"0x4",
                b"9" * 30,
                b"4\r\n 4",
            )
        ),
        OK + b"Content-Length\r\n\r\n",
        OK + b"Content-Length : 5\r\n\r\nnews",
        OK + b"X: a\rb\r\n\r\n",
        OK + b"X: a\x00b\r\n\r\n",
        OK + b"\x80: b\r\n\r\n",
        b"HTTP/1.1 099 Low\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nnews",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/3.7 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        GZIP + b"\r\nnot gzip",
        GZIP + b"\r\n" + gzip.compress(b"news")[:-4] + b"oops",
        GZIP + b"\r\n" + gzip.compress(b"news") + gzip.compress(b"more")[:9],
        *(GZIP.replace(b"gzip", coding) + b"\r\nnews" for coding in (b"br", b"zstd", b"deflate")),
    ],
)
def test_answer_is_bad_when_it_contradicts_itself_or_http(raw: bytes) -> None:
    assert isinstance(read([raw]).error, BadAnswer)
    assert isinstance(read(raw[at : at + 1] for at in range(len(raw))).error, BadAnswer)


@pytest.mark.parametrize(
    ("head", "endless"),
    [
        (OK, b"X: y\r\n"),
        (OK + b"X: ", b"y" * 1000),
        (OK + b"X: ", b"y\r\n "),
        (b"HTTP/1.1 200 ", b"OK" * 99),
        (b"", b"\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\nContent-Length: 1\r\n\r\n"),
        (CHUNKED + b"\r\n5;", b"ext=1;" * 99),
        (CHUNKED + b"\r\n", b"1;" + b"x" * 50 + b"\r\na\r\n"),
        (CHUNKED + b"\r\n", b"00000000000000"),
        (CHUNKED + b"\r\n0\r\n", b"Trailer: y\r\n"),
        (GZIP + b"\r\n", gzip.compress(b"")),
    ],
)
def test_answer_is_given_up_when_it_goes_on_without_end(head: bytes, endless: bytes) -> None:
    answer = Answer("example.org", "GET", 10_000_000)
    answer.feed(head)
    sent = 0
    while not answer.is_done and sent < 1_000_000:
        answer.feed(endless)
        sent += len(endless)
    assert isinstance(answer.error, BadAnswer)
    assert sent < 200_000


def test_answer_is_bad_when_its_head_is_a_bomb_in_one_piece() -> None:
    bombs = [
        b"X: y\r\n" * 300,
        b"X: " + b"y" * 70_000 + b"\r\n",
        b"X: " + b"y\r\n " * 50_000 + b"\r\n",
    ]
    for fields in bombs:
        assert isinstance(read([OK + fields + b"Content-Length: 0\r\n\r\n"]).error, BadAnswer)


def test_answer_is_too_large_when_members_of_gzip_add_up() -> None:
    answer = read([GZIP + b"\r\n" + gzip.compress(bytes(MAX_BYTES // 2 + 1)) * 2])
    assert isinstance(answer.error, TooLarge)
    assert len(answer.body) == MAX_BYTES + 1


def test_answer_keeps_the_beginning_when_an_error_page_is_a_bomb_or_broken() -> None:
    head = b"HTTP/1.1 503 Busy\r\nContent-Encoding: "
    for body in (b"gzip\r\n\r\n" + gzip.compress(bytes(10_000_000)), b"x\r\n\r\n" + bytes(9_999)):
        answer = read([head + body])
        assert (answer.error, answer.status, len(answer.body)) == (None, 503, 4096)
    for body in (b"br\r\n\r\nx", b"gzip\r\n\r\nx", b"x\r\nTransfer-Encoding: chunked\r\n\r\nx"):
        answer = read([head + body])
        assert (answer.error, answer.status, bytes(answer.body)) == (None, 503, b"")


def test_answer_has_no_line_breaks_in_headers_when_they_were_folded() -> None:
    answer = read([OK + b"X: a\r\n\tb\r\nY:\r\nx:  c  \r\nZ: \xff\xc3\xa9\r\n\r\n"])
    assert answer.headers == {"x": "a\tb, c", "y": "", "z": "\udcff\xe9"}
