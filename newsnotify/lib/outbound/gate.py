"""Look up, check, connect: the one door through which connections are made."""

import asyncio
import functools
import itertools
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address

from newsnotify.lib import addresses
from newsnotify.lib.addresses import Address
from newsnotify.lib.outbound_policy import OutboundPolicy, Target
from newsnotify.lib.sentences import gettext_noop

from .connection import Connection
from .deadlines import Deadlines
from .errors import Refused, Unreachable, unreachable

_ENDING = gettext_noop("%(host)s cannot be reached: we are about to end.")
_UNKNOWN = gettext_noop("%(host)s is not known to the DNS; check its name.")

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""A host to its addresses; raises OSError when it has none. The seam for a DNS of one's own."""

_LOOKUP_THREADS = 32
_MAX_TRIES = 4  # of one host's addresses


class Gate:
    """Connects to what the policy allows, and to nothing that it has not checked itself."""

    def __init__(self, policy: OutboundPolicy, lookup: Lookup) -> None:
        self.deadlines = Deadlines()
        self._policy = policy
        self._lookup = lookup
        self._open: set[Connection] = set()
        self._is_closed = False

    async def connect(self, target: Target, seconds: float) -> Connection:
        """Open a connection; the caller gives it back with `close`.

        Raises Refused, or Unreachable when there is none in so many seconds.
        """
        literal = check(self._policy, target)
        try:
            with self.deadlines.within(seconds):
                found = [literal] if literal else await self._checked(target)
                if len(found) == 1:
                    connection = await _connect_to(found[0], target)
                else:
                    connection = await self._connect_to_one(found, target, seconds)
        except OSError as error:
            raise unreachable(target.host, target.port, error) from error
        self._open.add(connection)
        if self._is_closed:
            self.close_all()
            raise Unreachable(_ENDING % {"host": target.host})
        return connection

    def close(self, connection: Connection) -> None:
        self._open.discard(connection)
        connection.close()

    def close_all(self) -> None:
        """Close all, for good."""
        self._is_closed = True
        while self._open:
            self._open.pop().close()

    async def _checked(self, target: Target) -> list[Address]:
        """Look up the addresses of a name, each of which the policy allows."""
        found = await self._look_up(target.host)
        for address in found:
            if reason := self._policy.refusal(target, address):
                raise Refused(reason)
        return found

    async def _connect_to_one(
        self, found: list[Address], target: Target, seconds: float
    ) -> Connection:
        """Connect to the first address that can be, each with its share of the time left."""
        *firsts, last = _in_turns(found)[:_MAX_TRIES]
        ends_at = asyncio.get_running_loop().time() + seconds
        for number, address in enumerate(firsts):
            left = ends_at - asyncio.get_running_loop().time()
            try:
                with self.deadlines.within(left / (len(firsts) + 1 - number)):
                    return await _connect_to(address, target)
            except OSError:
                continue  # the last one's is told
        return await _connect_to(last, target)

    async def _look_up(self, host: str) -> list[Address]:
        try:
            texts = await self._lookup(host)
            found = dict.fromkeys(addresses.plain(ip_address(text)) for text in texts)
        except (OSError, ValueError) as error:
            raise _unknown(host) from error
        if not found:
            raise _unknown(host)
        return list(found)


@dataclass(frozen=True, slots=True)
class Session:
    """Connections, and the policy under which they are made."""

    policy: OutboundPolicy
    gate: Gate


@asynccontextmanager
async def session(
    policy: OutboundPolicy, *, lookup: Lookup | None = None
) -> AsyncIterator[Session]:
    """Open a guarded session: no cookies kept, no proxies of the environment, TLS verified.

    It does not queue: the caller bounds how many requests run at once.
    """
    with _lookup_threads() as threads:
        gate = Gate(policy, lookup or _system_lookup(threads))
        try:
            yield Session(policy, gate)
        finally:
            gate.close_all()


def check(policy: OutboundPolicy, target: Target) -> Address | None:
    """Raise Refused for what a policy forbids, as far as no look-up is needed.

    Returns the address that the host is; None for a name.
    """
    address = addresses.literal(target.host)
    reason = policy.refusal(target, address) if address else policy.refusal_of_name(target)
    if reason:
        raise Refused(reason)
    return address


async def _connect_to(address: Address, target: Target) -> Connection:
    is_tls = target.scheme == "https"
    # An address, never the name: so the loop has nothing to look up again.
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection,
        addresses.spelled(address),
        target.port,
        ssl=_tls() if is_tls else None,
        server_hostname=target.host if is_tls else None,
    )
    return connection


def _in_turns(found: list[Address]) -> list[Address]:
    """Sort addresses so that the families take turns: often one of them is not routed."""
    first = [address for address in found if address.version == found[0].version]
    other = [address for address in found if address.version != found[0].version]
    turns = itertools.chain(*itertools.zip_longest(first, other))
    return [address for address in turns if address is not None]


@functools.cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _unknown(host: str) -> Unreachable:
    return Unreachable(_UNKNOWN % {"host": host})


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
