"""Guarded HTTP against servers of bytes on the loopback that do what no server should."""

import asyncio
import gzip
from dataclasses import replace
from typing import Any

import pytest

from newsnotify.lib import outbound
from newsnotify.lib.outbound import Limits, OutboundPolicy, Response
from newsnotify.lib.outbound.answer import Answer
from newsnotify.lib.outbound_policy import Target

from .wires import Reader, Talk, Wire, Writer, saying, wire

pytestmark = pytest.mark.anywhere

HERE = OutboundPolicy.parse("127.0.0.0/8, ::1")
SHORT = Limits(connect_seconds=0.5, total_seconds=0.7, max_bytes=100_000)
LONG = replace(SHORT, total_seconds=10)
OK = b"HTTP/1.1 200 OK\r\n"


def ask(
    runner: asyncio.Runner, talk: Talk, method: str = "GET", limits: Limits = SHORT, **options: Any
) -> tuple[Response | outbound.OutboundError, Wire]:
    """Ask once, and see to it that the connection is closed while the session still lives."""

    async def run() -> tuple[Response | outbound.OutboundError, Wire]:
        async with wire(talk) as server, outbound.session(HERE) as session:
            url = f"http://127.0.0.1:{server.port}/"
            outcome: Response | outbound.OutboundError
            try:
                outcome = await outbound.request(session, method, url, limits=limits, **options)
            except outbound.OutboundError as error:
                outcome = error
            await asyncio.wait_for(server.hung_up.wait(), 5)
            return outcome, server

    return runner.run(run())


# --- what comes back, and that the connection goes ---------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        OK + b"Content-Length: 4\r\n\r\nnews",
        OK + b"Transfer-Encoding: chunked\r\n\r\n1;x=y\r\nn\r\n3\r\news\r\n0\r\nA: b\r\n\r\n",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 24\r\n\r\n" + gzip.compress(b"news"),
        b"HTTP/1.1 103 Early\r\nLink: <x>\r\n\r\n" + OK + b"Content-Length: 4\r\n\r\nnews",
    ],
)
def test_request_reads_an_answer_when_each_byte_comes_alone(
    runner: asyncio.Runner, raw: bytes
) -> None:
    pieces = [raw[at : at + 1] for at in range(len(raw))]
    outcome, _ = ask(runner, saying(*pieces), limits=LONG)
    assert isinstance(outcome, Response)
    assert (outcome.status, outcome.body) == (200, b"news")


def test_request_reads_to_the_end_when_no_length_is_told(runner: asyncio.Runner) -> None:
    outcome, _ = ask(runner, saying(OK + b"\r\nne", b"ws", ends=True, pause=0.01), limits=LONG)
    assert isinstance(outcome, Response)
    assert outcome.body == b"news"


def test_request_waits_for_no_body_when_there_can_be_none(runner: asyncio.Runner) -> None:
    length = b"Content-Length: 999\r\n\r\n"
    for method, status in (("HEAD", b"200"), ("GET", b"204"), ("GET", b"304"), ("GET", b"301")):
        outcome, _ = ask(runner, saying(b"HTTP/1.1 " + status + b" X\r\n" + length), method)
        assert isinstance(outcome, Response)
        assert (outcome.status, outcome.body) == (int(status), b"")


@pytest.mark.parametrize("more", [b"garbage", bytes(999), OK + b"Content-Length: 4\r\n\r\nlies"])
def test_request_takes_its_own_answer_when_more_is_sent_behind_it(
    runner: asyncio.Runner, more: bytes
) -> None:
    async def run() -> list[bytes]:
        talk = saying(OK + b"Content-Length: 4\r\n\r\nnews" + more)
        async with wire(talk) as server, outbound.session(HERE) as session:
            url = f"http://127.0.0.1:{server.port}/"
            return [(await outbound.request(session, "GET", url)).body for _ in range(3)]

    assert runner.run(run()) == [b"news"] * 3


@pytest.mark.parametrize(
    "raw",
    [
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nnews",
        OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nnews",
        OK + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n4\r\nnews\r\n0\r\n\r\n",
        OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nnews",
        OK + b"Content-Encoding: br\r\n\r\nnews",
        OK + b"X: y\r\n" * 100_000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000,
        b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
        b"220 mail.example ESMTP\r\n",
        OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"") * 100_000,
    ],
)
def test_request_hangs_up_when_the_answer_is_no_good(runner: asyncio.Runner, raw: bytes) -> None:
    outcome, _ = ask(runner, saying(raw), limits=LONG)
    assert isinstance(outcome, outbound.BadAnswer)


def test_request_hangs_up_when_a_bomb_passes_the_limit(runner: asyncio.Runner) -> None:
    bomb = gzip.compress(bytes(10_000_000))
    outcome, _ = ask(
        runner, saying(OK + b"Content-Encoding: gzip\r\n\r\n" + bomb * 50), limits=LONG
    )
    assert isinstance(outcome, outbound.TooLarge)


@pytest.mark.parametrize(
    "raw", [OK + b"Content-Length: 999\r\n\r\n" + b"x" * 999, OK + b"X: " + b"y" * 999]
)
def test_request_hangs_up_when_an_answer_is_too_slow(runner: asyncio.Runner, raw: bytes) -> None:
    outcome, _ = ask(runner, saying(*(bytes([byte]) for byte in raw), pause=0.01))
    assert isinstance(outcome, outbound.TimedOut)


def test_request_returns_the_status_when_an_error_page_drips(runner: asyncio.Runner) -> None:
    pages = [b"HTTP/1.1 503 Busy\r\nRetry-After: 9\r\n\r\n", *[b"x"] * 999]
    outcome, _ = ask(runner, saying(*pages, pause=0.1), limits=LONG)
    assert isinstance(outcome, Response)
    assert (outcome.status, outcome.headers["retry-after"]) == (503, "9")
    assert outcome.body.strip(b"x") == b""


def test_request_is_bad_when_a_body_without_a_length_is_reset(runner: asyncio.Runner) -> None:
    async def talk(_: Reader, writer: Writer) -> None:
        writer.write(OK + b"\r\nne")
        await asyncio.sleep(0.05)
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # then close() sends RST
        writer.get_extra_info("socket").setsockopt(1, 13, linger)
        writer.transport.abort()

    outcome, _ = ask(runner, talk, limits=LONG)
    assert isinstance(outcome, outbound.BadAnswer)
    assert outcome.status == 200


def test_request_times_out_when_the_server_does_not_take_its_body(runner: asyncio.Runner) -> None:
    async def talk(reader: Reader, writer: Writer) -> None:
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(1)
        reader._transport.resume_reading()  # type: ignore[attr-defined]

    outcome, _ = ask(runner, talk, "POST", body=bytes(20_000_000))
    assert isinstance(outcome, outbound.TimedOut)


def test_request_listens_to_nothing_when_the_server_speaks_first(runner: asyncio.Runner) -> None:
    async def run() -> None:
        talk = saying(OK + b"Content-Length: 4\r\n\r\nlies")
        async with wire(talk, is_listening=False) as server, outbound.session(HERE) as session:
            connection = await session.gate.connect(Target("http", "127.0.0.1", server.port), 1)
            await asyncio.wait_for(server.hung_up.wait(), 5)
            answer = Answer("example.org", "GET", 999)
            await connection.ask(b"GET / HTTP/1.1\r\n\r\n", answer)
            assert isinstance(answer.error, outbound.BadAnswer)

    runner.run(run())


def test_connections_are_closed_when_requests_are_cancelled_or_the_session_ends(
    runner: asyncio.Runner,
) -> None:
    async def run(is_cancelled: bool) -> None:
        async with wire(saying(OK)) as server:
            async with outbound.session(HERE) as session:
                url = f"http://127.0.0.1:{server.port}/"
                task = asyncio.create_task(outbound.request(session, "GET", url))
                await server.asked.wait()
                if is_cancelled:
                    task.cancel()
                    await asyncio.wait_for(server.hung_up.wait(), 5)
            await asyncio.wait_for(server.hung_up.wait(), 5)
            [outcome] = await asyncio.gather(task, return_exceptions=True)
            kind = asyncio.CancelledError if is_cancelled else outbound.BadAnswer
            assert isinstance(outcome, kind)

    runner.run(run(True))
    runner.run(run(False))


# --- what is sent ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nY: b"},
        {"X": "a\nY: b"},
        {"X": "a\x00"},
        {"X: a\r\nY": "b"},
        {"X ": "b"},
        {"": "b"},
        {"X": "\ud800"},
    ],
)
def test_request_is_refused_when_a_header_would_be_two(
    runner: asyncio.Runner, headers: dict[str, str]
) -> None:
    async def run() -> int:
        async with wire(saying()) as server, outbound.session(HERE) as session:
            with pytest.raises(outbound.Refused, match="cannot be sent"):
                await outbound.request(
                    session, "GET", f"http://127.0.0.1:{server.port}/", headers=headers
                )
            return server.connection_count

    assert runner.run(run()) == 0


def test_request_is_one_when_url_and_method_try_to_be_two(runner: asyncio.Runner) -> None:
    async def run() -> list[bytes]:
        async with wire(saying(OK + b"Content-Length: 0\r\n\r\n")) as server:
            async with outbound.session(HERE) as session:
                at = f"127.0.0.1:{server.port}"
                with pytest.raises(outbound.Refused, match="no method"):
                    await outbound.request(session, "GET / HTTP/1.1\r\n\r\nGET", f"http://{at}/")
                for url in (
                    f"http://{at}/a b\x01\u2028?c d",
                    f"http://me%0d%0aX:p@{at}/a b\x01?c d",
                ):
                    await outbound.request(session, "GET", url)
            return server.requests

    first, second = runner.run(run())
    assert first.splitlines()[0] == b"GET /a%20b%01%E2%80%A8?c%20d HTTP/1.1"
    assert second.splitlines()[0] == b"GET /a%20b%01?c%20d HTTP/1.1"
    assert not any(line.startswith(b"X") for line in second.splitlines())


def test_request_says_itself_where_it_ends_when_the_caller_says_otherwise(
    runner: asyncio.Runner,
) -> None:
    headers = {"Content-Length": "9", "Transfer-Encoding": "chunked", "Host": "x", "X-A": "é"}
    _, server = ask(
        runner, saying(OK + b"Content-Length: 0\r\n\r\n"), "PUT", body=b"news", headers=headers
    )
    [request] = server.requests
    assert b"Content-Length: 4\r\n" in request
    assert (request.count(b"Content-Length"), request.count(b"Host: 127.0.0.1:")) == (1, 1)
    assert b"Transfer-Encoding" not in request
    assert b"X-A: \xc3\xa9\r\n" in request


# --- where it is sent --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before", [["127.0.0.2"], ["::1"], ["127.0.0.2", "::1"], ["127.0.0.2", "127.0.0.3", "::1"]]
)
def test_request_tries_the_next_address_when_one_does_not_answer(
    runner: asyncio.Runner, before: list[str]
) -> None:
    async def run() -> int:
        async def lookup(_: str) -> list[str]:
            return [*before, "127.0.0.1"]

        talk = saying(OK + b"Content-Length: 0\r\n\r\n")
        async with wire(talk) as server, outbound.session(HERE, lookup=lookup) as session:
            url = f"http://many.example:{server.port}/"
            return (await outbound.request(session, "GET", url)).status

    assert runner.run(run()) == 200


def test_request_tells_no_address_when_none_answers(runner: asyncio.Runner) -> None:
    async def run() -> None:
        async def lookup(_: str) -> list[str]:
            return ["127.0.0.2", "127.0.0.3"]

        async with outbound.session(HERE, lookup=lookup) as session:
            with pytest.raises(outbound.Unreachable, match=r"many\.example cannot") as caught:
                await outbound.request(session, "GET", "http://many.example:9/")
            assert "127" not in str(caught.value)

    runner.run(run())


def test_request_reaches_an_ipv6_address_when_it_is_written_in_the_url(
    runner: asyncio.Runner,
) -> None:
    async def run() -> list[bytes]:
        async with wire(saying(OK + b"Content-Length: 0\r\n\r\n"), host="::1") as server:
            async with outbound.session(HERE) as session:
                url = f"http://[0:0::1]:{server.port}/"
                assert (await outbound.request(session, "GET", url)).url.startswith("http://[::1]:")
            return [*server.requests, b"Host: [::1]:%d\r\n" % server.port]

    request, host = runner.run(run())
    assert host in request
