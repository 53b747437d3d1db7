import asyncio
import base64
import gzip
import socket
import ssl
import tracemalloc
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from newsnotify.lib import outbound
from newsnotify.lib.outbound import Limits, Lookup, OutboundPolicy, Response
from newsnotify.lib.outbound_policy import Target

from .servers import HANG, RESET, Answer, Request, Server

pytestmark = pytest.mark.anywhere

HERE = OutboundPolicy.parse("127.0.0.1")
SHORT = Limits(connect_seconds=0.3, total_seconds=0.5, max_bytes=100_000)
UNROUTED = "2d00::1"  # global unicast by its number, yet assigned to nobody


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def ask(
    url: str,
    policy: OutboundPolicy = HERE,
    *,
    method: str = "GET",
    lookup: Lookup | None = None,
    **options: Any,
) -> Response:
    async def run() -> Response:
        async with outbound.session(policy, lookup=lookup) as session:
            return await outbound.request(session, method, url, **options)

    return asyncio.run(run())


class Dns:
    """Gives its answers in turn, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.questions: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.questions.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


# --- what comes back ---------------------------------------------------------------------------


def test_request_returns_status_headers_and_body_when_server_answers(server: Server) -> None:
    server.respond = lambda _: Answer(203, {"X-A": "1", "Link": "<a>", "link": "<b>"}, b"news")
    response = ask(f"{server.url}/feed?x=%2C")
    assert (response.status, response.body, response.url) == (
        203,
        b"news",
        f"{server.url}/feed?x=%2C",
    )
    assert response.headers["x-a"] == "1"
    assert response.headers["link"] == "<a>, <b>"
    assert server.requests[0].path == "/feed?x=%2C"


def test_request_sends_body_and_headers_when_posting(server: Server) -> None:
    ask(server.url, method="POST", body=b"{}", headers={"Content-Type": "application/json"})
    assert server.requests[0].method == "POST"
    assert server.requests[0].body == b"{}"
    assert server.requests[0].headers["content-type"] == "application/json"


def test_request_keeps_no_cookies_when_a_server_sets_them(server: Server) -> None:
    server.respond = lambda _: Answer(headers={"Set-Cookie": "who=me; Path=/"})

    async def twice() -> None:
        async with outbound.session(HERE) as session:
            await outbound.request(session, "GET", server.url)
            await outbound.request(session, "GET", server.url)

    asyncio.run(twice())
    assert "cookie" not in server.requests[1].headers


def test_request_uses_no_proxy_when_the_environment_names_one(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.2:1")
    assert ask(server.url).status == 200


def test_request_sends_basic_auth_when_url_has_user_info(server: Server) -> None:
    response = ask(server.url.replace("//", "//me:p%C3%A9%3A@"))
    sent = server.requests[0].headers["authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == "me:pé:"
    assert "me:" not in response.url
    assert "me:" not in repr(response)
    assert response.address.startswith("http://me:p%C3%A9%3A@127.0.0.1")


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_request_asks_for_and_decodes_an_encoding_when_it_can(server: Server, pack: Any) -> None:
    encoding = "gzip" if pack is gzip.compress else "deflate"
    server.respond = lambda _: Answer(headers={"Content-Encoding": encoding}, body=pack(b"news"))
    assert ask(server.url).body == b"news"
    assert encoding in server.requests[0].headers["accept-encoding"]


# --- the policy --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::ffff:127.0.0.1]",
        "①②⑦.0.0.1",
    ],
)
def test_request_refuses_when_host_spells_a_private_address(server: Server, host: str) -> None:
    policy = replace(OutboundPolicy(), ports=frozenset({server.port}))
    with pytest.raises(outbound.Refused):
        ask(f"http://{host}:{server.port}/", policy)
    assert server.connection_count == 0


def test_request_reaches_nothing_but_the_named_address_when_policy_names_one() -> None:
    with Server(host="127.0.0.2") as neighbour, pytest.raises(outbound.Refused):
        ask(neighbour.url, HERE)
    assert neighbour.connection_count == 0


def test_request_reaches_private_addresses_when_the_host_is_named(server: Server) -> None:
    url = f"http://feeds.lan:{server.port}/"
    assert ask(url, OutboundPolicy.parse("feeds.lan"), lookup=Dns(["127.0.0.1"])).status == 200


def test_request_asks_the_system_when_no_lookup_is_given(server: Server) -> None:
    url = f"http://localhost:{server.port}/"
    assert ask(url, OutboundPolicy.parse("localhost")).status == 200
    with pytest.raises(outbound.Refused):
        ask(url, replace(OutboundPolicy(), ports=frozenset({server.port})))


@pytest.mark.parametrize("private", ["127.0.0.1", "::ffff:127.0.0.1", "::1", "169.254.169.254"])
def test_request_refuses_when_one_of_many_addresses_is_private(
    server: Server, private: str
) -> None:
    policy = replace(OutboundPolicy(), ports=frozenset({server.port}))
    dns = Dns([UNROUTED, private])
    with pytest.raises(outbound.Refused):
        ask(f"http://evil.example:{server.port}/", policy, lookup=dns)
    assert server.connection_count == 0


def test_request_connects_to_what_was_checked_when_the_dns_changes_its_answer(
    server: Server,
) -> None:
    policy = replace(OutboundPolicy(), ports=frozenset({server.port}))
    dns = Dns([UNROUTED], ["127.0.0.1"])
    url = f"http://rebind.example:{server.port}/"
    with pytest.raises((outbound.Unreachable, outbound.BadAnswer)):
        ask(url, policy, lookup=dns, limits=SHORT)
    assert dns.questions == ["rebind.example"]
    with pytest.raises(outbound.Refused):
        ask(url, policy, lookup=dns, limits=SHORT)
    assert server.connection_count == 0


def test_request_stays_with_the_first_answer_when_the_second_names_a_neighbour(
    server: Server,
) -> None:
    with Server(host="127.0.0.2", port=server.port) as neighbour:
        url = f"http://rebind.example:{server.port}/"
        assert ask(url, lookup=Dns(["127.0.0.1"], ["127.0.0.2"])).status == 200
        assert (server.connection_count, neighbour.connection_count) == (1, 0)


def test_session_opens_no_private_socket_when_a_request_goes_around_the_checks(
    server: Server,
) -> None:
    async def around() -> None:
        async with outbound.session(OutboundPolicy()) as session:
            await session.gate.connect(Target("http", "127.0.0.1", server.port), seconds=1)

    with pytest.raises(outbound.Refused):
        asyncio.run(around())
    assert server.connection_count == 0


def test_request_refuses_plain_http_when_https_only_and_host_is_not_named(server: Server) -> None:
    with pytest.raises(outbound.Refused, match="https"):
        ask("http://hooks.example/", https_only=True, lookup=Dns([UNROUTED]))
    assert ask(server.url, https_only=True).status == 200


# --- redirects ---------------------------------------------------------------------------------


def test_request_tells_the_way_when_redirected(server: Server) -> None:
    moves = {"/a": (301, "/b?x=1"), "/b?x=1": (302, "c"), "/c": (308, f"{server.url}/d#top")}

    def respond(request: Request) -> Answer:
        status, to = moves.get(request.path, (200, ""))
        return Answer(status, {"Location": to} if to else {})

    server.respond = respond
    response = ask(f"{server.url}/a")
    assert response.url == f"{server.url}/d"
    assert [(hop.url, hop.status) for hop in response.hops] == [
        (f"{server.url}/a", 301),
        (f"{server.url}/b?x=1", 302),
        (f"{server.url}/c", 308),
    ]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("host", ["127.0.0.2", "127.2", "[::ffff:7f00:2]", "0x7f000002"])
def test_request_refuses_when_redirected_to_a_private_address(
    server: Server, status: int, host: str
) -> None:
    with Server(host="127.0.0.2") as hidden:
        to = f"http://{host}:{hidden.port}/latest/meta-data/"
        server.respond = lambda _: Answer(status, {"Location": to})
        with pytest.raises(outbound.Refused):
            ask(server.url)
        assert hidden.connection_count == 0


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "gopher://127.0.0.1/", "javascript:1", "http://", "http://[::1"]
)
def test_request_raises_bad_redirect_when_location_is_no_web_address(
    server: Server, to: str
) -> None:
    server.respond = lambda _: Answer(302, {"Location": to})
    with pytest.raises(outbound.BadRedirect, match=r"127\.0\.0\.1 redirects") as caught:
        ask(server.url)
    assert caught.value.status == 302


def test_request_gives_up_when_redirected_without_end(server: Server) -> None:
    server.respond = lambda request: Answer(301, {"Location": f"{request.path}x"})
    with pytest.raises(outbound.BadRedirect, match="more than 5 times"):
        ask(server.url)
    assert len(server.requests) == 6


def test_request_returns_the_redirect_when_none_may_be_followed(server: Server) -> None:
    server.respond = lambda _: Answer(302, {"Location": "/b"})
    assert ask(server.url, limits=replace(SHORT, max_redirects=0)).status == 302
    assert len(server.requests) == 1


def test_request_drops_credentials_when_redirected_to_another_host(server: Server) -> None:
    policy = OutboundPolicy.parse("127.0.0.1, 127.0.0.2")
    with Server(host="127.0.0.2") as other:
        server.respond = lambda _: Answer(307, {"Location": f"{other.url}/"})
        url = server.url.replace("//", "//me:pw@")
        response = ask(url, policy, headers={"Cookie": "a=b", "X-Kept": "1"})
        ask(server.url, policy, headers={"authorization": "Bearer t"})
    first, second = other.requests
    assert not {"authorization", "cookie"} & {*first.headers, *second.headers}
    assert first.headers["x-kept"] == "1"
    assert response.address == f"{other.url}/"


def test_request_keeps_credentials_when_redirected_on_the_same_host(server: Server) -> None:
    server.respond = lambda request: (
        Answer(302, {"Location": "/b"}) if request.path == "/a" else Answer()
    )
    response = ask(server.url.replace("//", "//me:pw@") + "/a")
    assert (
        server.requests[1].headers["authorization"] == server.requests[0].headers["authorization"]
    )
    assert response.address.endswith(f"me:pw@127.0.0.1:{server.port}/b")


@pytest.mark.parametrize(
    ("status", "method", "body"),
    [(301, "GET", b""), (303, "GET", b""), (307, "POST", b"x"), (308, "POST", b"x")],
)
def test_request_keeps_or_drops_the_body_when_a_post_is_redirected(
    server: Server, status: int, method: str, body: bytes
) -> None:
    server.respond = lambda request: (
        Answer(status, {"Location": "/b"}) if request.path == "/a" else Answer()
    )
    ask(f"{server.url}/a", method="POST", body=b"x", headers={"Content-Type": "text/plain"})
    assert (server.requests[1].method, server.requests[1].body) == (method, body)
    assert ("content-type" in server.requests[1].headers) == (method == "POST")


# --- limits and faults -------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_request_stops_early_when_a_body_is_a_bomb(server: Server, pack: Any) -> None:
    bomb = pack(bytes(100_000_000))
    encoding = "gzip" if pack is gzip.compress else "deflate"
    server.respond = lambda _: Answer(headers={"Content-Encoding": encoding}, body=bomb)
    tracemalloc.start()
    try:
        with pytest.raises(outbound.TooLarge, match="100,000 bytes"):
            ask(server.url, limits=SHORT)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_request_stops_early_when_a_plain_body_is_huge(server: Server) -> None:
    server.respond = lambda _: [b"HTTP/1.1 200 OK\r\n\r\n", *[bytes(100_000)] * 500]
    with pytest.raises(outbound.TooLarge) as caught:
        ask(server.url, limits=SHORT)
    assert caught.value.status == 200


def test_request_takes_a_body_when_it_is_just_within_the_limit(server: Server) -> None:
    server.respond = lambda _: Answer(body=bytes(SHORT.max_bytes))
    assert len(ask(server.url, limits=SHORT).body) == SHORT.max_bytes


def test_request_times_out_when_a_body_drips(server: Server) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
    server.respond = lambda _: server.drip([head, *[b"x"] * 999], every_seconds=0.05)
    with pytest.raises(outbound.TimedOut, match=r"within 0\.5 seconds"):
        ask(server.url, limits=SHORT)


@pytest.mark.parametrize("piece", [b"", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_request_times_out_when_no_answer_begins(server: Server, piece: bytes) -> None:
    server.respond = lambda _: server.drip([piece] * 999, every_seconds=0.01)
    with pytest.raises(outbound.TimedOut):
        ask(server.url, limits=SHORT)


def test_request_times_out_when_the_server_is_silent(server: Server) -> None:
    server.respond = lambda _: HANG
    with pytest.raises(outbound.TimedOut):
        ask(server.url, limits=SHORT)


def test_request_gives_up_when_the_lookup_hangs() -> None:
    async def lookup(_: str) -> list[str]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(outbound.Unreachable, match="in time"):
        ask("http://slow.example/", lookup=lookup, limits=SHORT)


def test_request_returns_the_status_when_an_error_page_never_ends(server: Server) -> None:
    head = b"HTTP/1.1 410 Gone\r\n\r\n"
    server.respond = lambda _: [head, *[bytes(100_000)] * 50]
    response = ask(server.url)
    assert (response.status, len(response.body)) == (410, 4096)


def test_request_returns_the_status_when_an_error_page_breaks_off(server: Server) -> None:
    server.respond = lambda _: b"HTTP/1.1 500 Oops\r\nContent-Length: 99\r\n\r\nbad"
    response = ask(server.url)
    assert (response.status, response.body) == (500, b"bad")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nbad\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000,
        b"HTTP/1.1 200 OK\r\nX\x00Y: z\r\n\r\n",
        bytes(range(256)) * 4,
    ],
)
def test_request_raises_bad_answer_when_the_server_speaks_garbage(
    server: Server, raw: bytes
) -> None:
    server.respond = lambda _: raw
    with pytest.raises(outbound.BadAnswer, match=r"127\.0\.0\.1"):
        ask(server.url, limits=SHORT)


def test_request_raises_bad_answer_when_the_connection_is_reset(server: Server) -> None:
    server.respond = lambda _: RESET
    with pytest.raises(outbound.BadAnswer, match="broke off"):
        ask(server.url)


def test_request_raises_unreachable_when_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(outbound.Unreachable, match=r"127\.0\.0\.1 cannot be reached: "):
        ask(f"http://me:pw@127.0.0.1:{port}/secret?token=1")


def test_request_raises_unreachable_when_the_name_has_no_address() -> None:
    with pytest.raises(outbound.Unreachable, match="check its name"):
        ask("http://nowhere.example/", lookup=Dns([]))


def test_request_raises_unreachable_when_the_certificate_is_not_trusted(tmp_path: Path) -> None:
    with Server(tls=self_signed(tmp_path)) as server:
        with pytest.raises(outbound.Unreachable, match="no valid certificate: self"):
            ask(server.url)
        assert server.requests == []


def test_request_tells_no_secret_when_anything_fails(server: Server) -> None:
    url = server.url.replace("//", "//me:pass@") + "/hook?token=abc"
    for reply in (RESET, b"", Answer(302, {"Location": "http://x:pass@127.0.0.2/?token=abc"})):
        server.respond = lambda _, reply=reply: reply  # type: ignore[misc]
        with pytest.raises(outbound.OutboundError) as caught:
            ask(url)
        assert not {"pass", "token", "abc", "hook"} & set(str(caught.value).split())
        assert "@" not in str(caught.value)


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
