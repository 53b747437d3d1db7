"""What a source's last document held, 16 bytes an entry: half its identity, half of how it reads.

An entry that is in there is stored already: it is neither cleaned nor looked up again. A chance
in 2⁶⁴ of taking one entry of a source for another is worth the space that is saved.
"""

from collections.abc import Iterable

from news.crawl.records import KeyedEntry

_HALF, _PAIR = 8, 16


def remember(entries: Iterable[KeyedEntry]) -> bytes:
    return b"".join(map(_pair, entries))


def unlike(entries: Iterable[KeyedEntry], memory: bytes) -> list[KeyedEntry]:
    """List the entries that the remembered document had not, or had otherwise."""
    pairs = {memory[at : at + _PAIR] for at in range(0, len(memory), _PAIR)}
    return [entry for entry in entries if _pair(entry) not in pairs]


def identities(memory: bytes) -> frozenset[bytes]:
    """List the halves of the identities in there, see `half`."""
    return frozenset(memory[at : at + _HALF] for at in range(0, len(memory), _PAIR))


def half(identity: bytes) -> bytes:
    return identity[:_HALF]


def _pair(entry: KeyedEntry) -> bytes:
    return entry.identity[:_HALF] + entry.content_key[:_HALF]
