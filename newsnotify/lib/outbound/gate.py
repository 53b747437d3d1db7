"""Look up, check, connect: the one door through which connections are made."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from newsnotify.lib import addresses
from newsnotify.lib.addresses import Address
from newsnotify.lib.outbound_policy import OutboundPolicy, Target

from .errors import Refused

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""A host to its addresses; raises OSError when it has none. The seam for a DNS of one's own."""

_LOOKUP_THREADS = 32
# Links and security policies of real sites pass aiohttp's 8 KiB and 128 fields.
_MAX_FIELD_BYTES = 32 * 1024
_MAX_FIELD_COUNT = 256
_NOWHERE = Target(scheme="", host="", port=0)
_target: ContextVar[Target] = ContextVar("outbound_target", default=_NOWHERE)


@dataclass(frozen=True, slots=True)
class Session:
    """Connections, and the policy under which they are made."""

    policy: OutboundPolicy
    http: aiohttp.ClientSession


@asynccontextmanager
async def session(
    policy: OutboundPolicy, *, lookup: Lookup | None = None
) -> AsyncIterator[Session]:
    """Open a guarded session: no cookies kept, no proxies of the environment, TLS verified.

    It does not queue: the caller bounds how many requests run at once.
    """
    with _lookup_threads() as threads:
        gate = _Gate(policy, lookup or _system_lookup(threads))
        connector = aiohttp.TCPConnector(
            resolver=gate, socket_factory=gate.open_socket, use_dns_cache=False, limit=0
        )
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            max_field_size=_MAX_FIELD_BYTES,
            max_headers=_MAX_FIELD_COUNT,
        ) as http:
            yield Session(policy, http)


@contextmanager
def aimed_at(target: Target) -> Iterator[None]:
    """Let the gate know what the request inside is meant to reach."""
    token = _target.set(target)
    try:
        yield
    finally:
        _target.reset(token)


class _Gate(AbstractResolver):
    """Checks what a name resolves to, then once more what a socket is opened for.

    The second check is the one that cannot be passed by: addresses written into a URL are
    never resolved, and whatever is connected to, a socket has to be opened for it.
    """

    def __init__(self, policy: OutboundPolicy, lookup: Lookup) -> None:
        self._policy = policy
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = [addresses.plain(ip_address(text)) for text in await self._lookup(host)]
        if not found:
            raise OSError(None, f"{host} has no address")
        for address in found:
            self._check(replace(_target.get(), host=host, port=port), address)
        return [_resolved(host, address, port) for address in found]

    def open_socket(self, addr_info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, proto, _, sockaddr = addr_info
        host, port = sockaddr[:2]
        self._check(replace(_target.get(), port=int(port)), ip_address(host))
        return socket.socket(family=family, type=kind, proto=proto)

    def _check(self, target: Target, address: Address) -> None:
        if reason := self._policy.refusal(target, address):
            raise Refused(reason)

    async def close(self) -> None:
        pass


def _resolved(host: str, address: Address, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=str(address),
        port=port,
        family=socket.AF_INET6 if address.version == 6 else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )


@contextmanager
def _lookup_threads() -> Iterator[ThreadPoolExecutor]:
    """Keep look-ups off the loop's own few threads: dead name servers would hold up all else."""
    threads = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="lookup")
    try:
        yield threads
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


def _system_lookup(threads: ThreadPoolExecutor) -> Lookup:
    def look_up(host: str) -> list[str]:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))

    async def lookup(host: str) -> list[str]:
        return await asyncio.get_running_loop().run_in_executor(threads, look_up, host)

    return lookup
