"""What a document must contain for a query to be able to match it.

A query stands in an index under few grams, runs of one to three words: a document can match
only if it contains one of them. So from a document's grams one finds the queries to evaluate,
however many there are. Which grams of a query are taken is a matter of cost alone.
"""

from collections.abc import Callable, Iterable, Iterator
from zlib import crc32

from subscriptions.keywords.matching import Document
from subscriptions.keywords.syntax import And, Field, Node, Not, Or, Term
from subscriptions.keywords.words import is_unspaced, runs

LONGEST = 3  # words in a gram
STEMS = (5, 3, 2)  # characters of a word's beginning that prefixes are found by

Cost = Callable[[str], float]  # of a gram, which is text: no word has a `*` or a `:`


def is_anchored(node: Node) -> bool:
    """Tell whether a query says what must be there, on every way to match it."""
    if isinstance(node, Term):
        return True
    if isinstance(node, Not):
        return False
    ask = any if isinstance(node, And) else all
    return ask(is_anchored(part) for part in node.parts)


def choices(node: Node) -> set[str]:
    """List every gram that a query could stand under."""
    if isinstance(node, Term):
        return set(_of_term(node))
    if isinstance(node, Not):
        return set()
    return {gram for part in node.parts if is_anchored(part) for gram in choices(part)}


def chosen(node: Node, cost: Cost) -> set[str]:
    """Choose the grams that a query stands under, one of which each match contains."""
    if isinstance(node, Term):
        return {min(_of_term(node), key=lambda gram: (cost(gram), gram))}
    if isinstance(node, Not):
        raise ValueError("An exclusion alone has no grams")
    options = [chosen(part, cost) for part in node.parts if is_anchored(part)]
    if isinstance(node, Or):
        return set().union(*options)
    return min(options, key=lambda grams: sum(map(cost, grams)))


def rarity(gram: str) -> float:
    """Guess how many of a thousand documents contain a gram; what is longer is rarer."""
    if gram.startswith(("source:", "topic:")):
        return 200.0
    if gram.endswith("*"):
        return {2: 500.0, 3: 120.0}.get(len(gram) - 1, 20.0)
    parts = gram.split(" ")
    length = sum(1 if not is_unspaced(part) else 0 for part in parts)
    if not length:
        return (150.0, 10.0, 1.0)[len(parts) - 1]
    letters = len(gram)
    by_length = 300.0 if letters <= 3 else 40.0 if letters <= 5 else 10.0 if letters <= 8 else 4.0
    return by_length / (1, 10, 60)[len(parts) - 1]


def keys_of(document: Document) -> set[int]:
    """Hash all the grams of a document."""
    keys: set[int] = set()
    for run in runs(document.text[1:-1]):
        _add_grams(run, keys)
    for field in (Field.SOURCE, Field.TOPIC):
        for run in runs(getattr(document, field)[1:-1]):
            keys.update(key(f"{field}:{word}") for word in run)
            keys.update(key(f"{field}:{stem}") for word in run for stem in _stems(word))
    return keys


def key(gram: str) -> int:
    """Hash a gram to 32 bits: a collision costs an evaluation, and nothing else."""
    return crc32(gram.encode("utf-8", "surrogatepass"))


def _of_term(term: Term) -> Iterator[str]:
    words = [list(run) for run in runs(term.line)]
    if term.is_prefix:
        yield from _scoped(term.field, [_stem(words[-1].pop())])
    if term.field in (Field.SOURCE, Field.TOPIC):
        yield from _scoped(term.field, (word for run in words for word in run))
        return
    for run in words:
        size = min(LONGEST, len(run))
        for start in range(len(run) - size + 1) if run else ():
            yield " ".join(run[start : start + size])


def _scoped(field: Field, grams: Iterable[str]) -> Iterator[str]:
    is_scoped = field in (Field.SOURCE, Field.TOPIC)
    return (f"{field}:{gram}" if is_scoped else gram for gram in grams)


def _stem(word: str) -> str:
    """Write the gram of all words that begin so: what it has of the longest stem there is."""
    return word[: next(size for size in STEMS if size <= len(word))] + "*"


def _stems(word: str) -> list[str]:
    return [word[:size] + "*" for size in STEMS if size <= len(word)]


def _add_grams(run: list[str], keys: set[int]) -> None:
    """Hash a run's words, pairs and triples: each from the hash of what it begins with."""
    encoded = [word.encode("utf-8", "surrogatepass") for word in run]
    for start, first in enumerate(encoded):
        value = crc32(first)
        keys.add(value)
        for following in encoded[start + 1 : start + LONGEST]:
            value = crc32(b" " + following, value)
            keys.add(value)
    for word in set(run):
        keys.update(map(key, _stems(word)))
