"""Publishers that misbehave, and what should come of each."""

import base64
import gzip
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, count, repeat

from newsnotify.lib.tests.servers import HANG, RESET, Answer, Reply, Request, Server

BOMB_BYTES = 64 * 1024 * 1024
# <rss>, 64 MiB of spaces and </rss>, by Brotli: 74 bytes.
BROTLI_BOMB = base64.b64decode(
    "z///fwAEJnKkEbQrvLgtELT3/74G////AZAAiMMC0L3/5///PwASAHFYALr3//z//wdAAiAOC0D3/h8KAAEg"
    "ICAgIDwvcnNzPgM="
)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"
# What can be read is read once: only its first reading is of interest here.
PATIENT = {"Cache-Control": "max-age=86400"}
NOT_PUBLIC = "not at a public address"
TOO_LARGE = "sent over 10,485,760 bytes"
BREAKS_OFF = "breaks off or cannot be decoded"
NO_HTTP = "does not answer in proper HTTP"
TOO_DEAR = "took more than 10 s of computing"
TOO_LATE = "did not finish its answer within 30 seconds"

Respond = Callable[[Request], Reply]


@dataclass(frozen=True, slots=True)
class Fault:
    """What a server does, and how that ends: with words of a reason, or with articles."""

    respond_on: Callable[[Server], Respond]
    words: str = ""
    article_count: int = 0


def always(reply: Reply) -> Callable[[Server], Respond]:
    return lambda _: lambda _: reply


def document(body: bytes, **headers: str) -> Callable[[Server], Respond]:
    return always(Answer(headers={**PATIENT, **headers}, body=body))


def gzip_bomb(server: Server) -> Respond:
    body = gzip.compress(bytes(BOMB_BYTES))
    return document(body, **{"Content-Encoding": "gzip"})(server)


def redirected(location: str) -> Callable[[Server], Respond]:
    """Send on to an address, in which `PORT` stands for the server's own."""

    def respond_on(server: Server) -> Respond:
        there = {"Location": location.replace("PORT", str(server.port))}
        return lambda _: Answer(302, there)

    return respond_on


def dripping(head: bytes, pieces: Iterable[bytes]) -> Callable[[Server], Respond]:
    """Send a piece a second, for ever."""

    def respond_on(server: Server) -> Respond:
        return lambda _: chain([head], server.drip(pieces, every_seconds=1))

    return respond_on


def led_around(server: Server) -> Respond:
    numbers = count()
    return lambda _: Answer(302, {"Location": f"{server.url}/{next(numbers)}"})


def rss(*items: str, head: str = "") -> bytes:
    channel = f"<channel><title>T</title>{''.join(items)}</channel>"
    return f'{head}<rss version="2.0">{channel}</rss>'.encode()


def item(title: str, guid: str = "") -> str:
    return f"<item><title>{title}</title><guid>{guid or title}</guid></item>"


def item_of_attributes(number: int) -> str:
    """Write an item whose content is one tag: sanitising takes the square of its attributes."""
    attributes = " ".join(f"a{n}=''" for n in range(60_000))
    return f"<item><title>{number}</title><description>&lt;b {attributes}&gt;</description></item>"


def entities(depth: int) -> str:
    """Define entities of which each is ten of the one before (a billion laughs)."""
    more = (f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, depth))
    return f'<!DOCTYPE rss [<!ENTITY e0 "lol">{"".join(more)}]>'


ELSEWHERE = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'

# The decoy that must not be reached is 127.0.9.250, on the port of all servers.
PRIVATE = {
    "plain": "http://127.0.9.250:PORT/",
    "mapped": "http://[::ffff:127.0.9.250]:PORT/",
    "hexadecimal": "http://0x7f0009fa:PORT/",
    "decimal": "http://2130708986:PORT/",
    "octal": "http://0177.0.011.0372:PORT/",
    "short": "http://127.2554:PORT/",
    "trailing_dot": "http://127.0.9.250.:PORT/",
    "full_width": "http://１２７.0.9.250:PORT/",  # that is the trick
    "user_info": "http://example.org@127.0.9.250:PORT/",
    "no_scheme": "//127.0.9.250:PORT/",
    "loopback_name": "http://localhost:PORT/",
    "loopback_v6": "http://[::1]:PORT/",
    "any": "http://0.0.0.0:PORT/",
    "private": "http://10.0.0.1/",
    "private_mapped": "http://[::ffff:10.0.0.1]/",
    "private_hexadecimal": "http://0x0a000001/",
    "private_decimal": "http://167772161/",
    "private_trailing_dot": "http://10.0.0.1./",
    "private_nat64": "http://[64:ff9b::a00:1]/",
    "private_6to4": "http://[2002:a00:1::1]/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "link_local": "http://[fe80::1]/",
}

FAULTS: dict[str, Fault] = {
    **{f"redirect_to_{name}": Fault(redirected(url), NOT_PUBLIC) for name, url in PRIVATE.items()},
    "redirect_to_file": Fault(redirected("file:///etc/passwd"), "no usable address"),
    "redirects_without_end": Fault(led_around, "redirects more than 5 times"),
    "gzip_bomb": Fault(gzip_bomb, TOO_LARGE),
    "brotli_bomb": Fault(document(BROTLI_BOMB, **{"Content-Encoding": "br"}), NO_HTTP),
    "no_gzip": Fault(document(rss(item("a")), **{"Content-Encoding": "gzip"}), BREAKS_OFF),
    "slow_body": Fault(dripping(OK + b"\r\n<rss>", repeat(b" ")), TOO_LATE),
    "slow_header": Fault(dripping(OK, repeat(b"X: y\r\n")), TOO_LATE),
    "silence": Fault(always(HANG), TOO_LATE),
    "reset": Fault(always(RESET), "broke off the connection"),
    "header_flood": Fault(always(OK + b"X: y\r\n" * 100_000 + b"\r\n"), NO_HTTP),
    "endless_header": Fault(always(OK + b"X: " + b"y" * 10**7), NO_HTTP),
    "no_http": Fault(always(b"\0" * 10**6), NO_HTTP),
    "body_breaks_off": Fault(
        always(OK + b"Content-Length: 100000\r\n\r\n" + rss(item("a"))), BREAKS_OFF
    ),
    "chunk_breaks_off": Fault(
        always(OK + b"Transfer-Encoding: chunked\r\n\r\nfff\r\n<rss>"), BREAKS_OFF
    ),
    "web_page": Fault(document(b"<!doctype html><html><title>No</title><p>No."), "web page"),
    "nothing": Fault(document(b""), "empty"),
    "dtd_bomb": Fault(document(rss(item("&e19;"), head=entities(20))), article_count=1),
    "dtd_in_file": Fault(document(rss(item("&x;"), head=ELSEWHERE)), article_count=1),
    "deep_nesting": Fault(document(rss(item("a" + "<b>" * 50_000))), article_count=1),
    "nesting_without_end": Fault(document(rss(item("a" + "<b>" * 400_000))), article_count=1),
    "ampersands": Fault(document(rss(item("&" * 10**7, guid="g"))), article_count=1),
    "attributes": Fault(document(rss(*map(item_of_attributes, range(10)))), TOO_DEAR),
    "hundred_thousand_items": Fault(
        document(rss(*(item(f"{n}") for n in range(100_000)))), article_count=1000
    ),
    "null_bytes": Fault(document(rss(item("a\0b"), item("c"))), article_count=2),
    "long_guid": Fault(document(rss(item("a", "g" * 65536))), article_count=1),
}
