"""What a source's last document held: half the identity of each entry, half of how it reads.

An entry that is in there is stored already: it is neither cleaned nor looked up again. A chance
in 2⁶⁴ of taking one entry of a source for another is worth the space that is saved.

Where every entry can be told from its text alone (see pieces.py), 32 bytes stand for it: half of
what it is written like, those two, and half of its link's key, zeros for none; after 8 bytes for
what stands around them. How it reads is zeros until it was written otherwise: most never are, and
to tell took a sixth of the time that reading takes. Else it is 16 bytes an entry.
"""

from collections.abc import Collection, Iterable, Mapping

from news.crawl.edits import content_key_of
from news.crawl.records import KeyedEntry

HALF = 8
_PAIR, _WRITTEN = 2 * HALF, 4 * HALF
_NONE = bytes(HALF)


def compared(entries: Iterable[KeyedEntry], memory: bytes) -> tuple[KeyedEntry, ...]:
    """Say how those entries read that the remembered document had, under the same identity."""
    known = identities(memory)
    return tuple(_read(each) if half(each.identity) in known else each for each in entries)


def remember(entries: Iterable[KeyedEntry]) -> bytes:
    return b"".join(pair(entry if entry.content_key else _read(entry)) for entry in entries)


def unlike(entries: Iterable[KeyedEntry], memory: bytes) -> list[KeyedEntry]:
    """List the entries, `compared`, that the remembered document had not, or had otherwise."""
    pairs = set(_pairs(memory))
    return [entry for entry in entries if not entry.content_key or pair(entry) not in pairs]


def identities(memory: bytes) -> frozenset[bytes]:
    """List the halves of the identities in there, see `half`."""
    return frozenset(kept[:HALF] for kept in _pairs(memory))


def half(identity: bytes) -> bytes:
    return identity[:HALF]


def pair(entry: KeyedEntry) -> bytes:
    return half(entry.identity) + half(entry.content_key or _NONE)


def remember_written(around: bytes, written: Mapping[bytes, bytes]) -> bytes:
    """Remember entries by what they are written like, with what `told` says of each."""
    return around + b"".join(key + kept for key, kept in written.items())


def told(entry: KeyedEntry) -> bytes:
    """Reduce an entry to its pair and its link."""
    return pair(entry) + half(entry.link_key or _NONE)


def written(memory: bytes) -> tuple[bytes, Mapping[bytes, bytes]]:
    """Give back what `remember_written` was given; nothing of any other memory."""
    if not _is_written(memory):
        return b"", {}
    rows = (memory[at : at + _WRITTEN] for at in range(HALF, len(memory), _WRITTEN))
    return memory[:HALF], {row[:HALF]: row[HALF:] for row in rows}


def is_apart(entries: Iterable[KeyedEntry], others: Collection[bytes]) -> bool:
    """Tell whether entries share neither identity nor link with `others`, each as `told`."""
    identities = {other[:HALF] for other in others}
    links = {other[_PAIR:] for other in others} - {_NONE}
    return not any(
        half(entry.identity) in identities or half(entry.link_key or b"") in links
        for entry in entries
    )


def _read(entry: KeyedEntry) -> KeyedEntry:
    return entry._replace(content_key=content_key_of(entry))


def _is_written(memory: bytes) -> bool:
    return len(memory) % _WRITTEN == HALF


def _pairs(memory: bytes) -> list[bytes]:
    if _is_written(memory):
        at = range(2 * HALF, len(memory), _WRITTEN)
    else:
        at = range(0, len(memory), _PAIR)
    return [memory[start : start + _PAIR] for start in at]
