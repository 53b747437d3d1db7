"""What a document must contain for a query to be able to match it.

A query stands in an index under few grams, words and pairs of words: a document can match
only if it contains one of them. So from a document's grams one finds the queries to evaluate,
however many there are. Which grams of a query are taken is a matter of cost alone.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from xxhash import xxh3_64_intdigest

from subscriptions.keywords.matching import Document
from subscriptions.keywords.syntax import And, Field, Node, Not, Or, Term
from subscriptions.keywords.words import BREAK, is_unspaced, runs

LONGEST = 2  # words in a gram
NOTHING = 0  # the key of no gram, that is of no text
_WITHOUT = "-"  # before a gram that must not be there; its key is negative
STEMS = (8, 6, 4, 2)  # characters of a word's beginning that prefixes are found by

Cost = Callable[[str], float]  # of a gram, which is text: no word has a `*` or a `:`


def is_anchored(node: Node) -> bool:
    """Tell whether a query says what must be there, on every way to match it."""
    if isinstance(node, Term):
        return True
    if isinstance(node, Not):
        return False
    ask = any if isinstance(node, And) else all
    return ask(is_anchored(part) for part in node.parts)


def chosen(node: Node, cost: Cost) -> dict[str, str]:
    """Choose the grams that a query stands under, one of which each match contains.

    Beside each stands another that a match with it contains as well, or one that it must not
    contain, or nothing: so the query itself is seldom looked at in vain.
    """
    if isinstance(node, Term):
        first, *others = sorted(set(_of_term(node)), key=lambda gram: (cost(gram), gram))
        return {first: next(iter(others), "")}
    if isinstance(node, Not):
        raise ValueError("An exclusion alone has no grams")
    options = [chosen(part, cost) for part in node.parts if is_anchored(part)]
    if isinstance(node, Or):
        return _united(options)
    options.sort(key=lambda grams: sum(map(cost, grams)))
    required = [gram for grams in options[1:] if len(grams) == 1 for gram in grams]
    excluded = [_WITHOUT + gram for gram in map(_excluded, node.parts) if gram]
    return {
        gram: next(iter(required), beside or next(iter(excluded), ""))
        for gram, beside in options[0].items()
    }


def _united(options: list[dict[str, str]]) -> dict[str, str]:
    """Join the ways to match: what stands under one gram in two of them asks for no other."""
    united: dict[str, str] = {}
    for grams in options:
        for gram, beside in grams.items():
            united[gram] = beside if united.get(gram, beside) == beside else ""
    return united


def rarity(gram: str) -> float:
    """Guess how many of a thousand documents contain a gram; what is longer is rarer."""
    if is_scoped(gram):
        return 200.0
    if gram.endswith("*"):
        return {2: 500.0, 4: 60.0, 6: 15.0}.get(len(gram) - 1, 5.0)
    first, _, second = gram.partition(" ")
    if is_unspaced(first):
        return 10.0 if second else 150.0
    letters = len(gram)
    return 300.0 if letters <= 3 else 40.0 if letters <= 5 else 10.0 if letters <= 8 else 4.0


def is_scoped(gram: str) -> bool:
    """Tell whether a gram is one of a source's or a topic's names."""
    return ":" in gram


def are_all(node: Node) -> bool:
    """Tell whether a document with the grams that are chosen of a query matches in any case."""
    if isinstance(node, Term):
        return _is_gram(node)
    if isinstance(node, Not) or (isinstance(node, And) and len(node.parts) > 2):
        return False
    is_and = isinstance(node, And)
    return all(_is_gram(part) or (is_and and _excluded(part) != "") for part in node.parts)


def _is_gram(node: Node) -> bool:
    """Tell whether a document matches where it has a certain gram, and only there."""
    return (
        isinstance(node, Term)
        and node.field is Field.TEXT
        and not node.is_prefix
        and len(list(_of_term(node))) == 1
    )


def _excluded(node: Node) -> str:
    """Find the gram that a document must not have, where that is all that a node says."""
    if isinstance(node, Not) and isinstance(node.part, Term) and _is_gram(node.part):
        return next(_of_term(node.part))
    return ""


def keys_of(document: Document) -> set[int]:
    """Hash all the grams of a document."""
    text = document.lines[Field.TEXT]
    grams = _stems(set(text.split()))
    for field in (Field.SOURCE, Field.TOPIC):
        found = set(document.lines[field].split())
        grams.update(f"{field}:{gram}" for gram in found | _stems(found))
    written = [gram.encode("utf-8", "surrogatepass") for gram in grams]
    for run in text.split(BREAK):
        words = run.encode("utf-8", "surrogatepass").split()
        written += words
        written += map(b"%b %b".__mod__, pairwise(words))
    return {digest >> 1 for digest in map(xxh3_64_intdigest, written)}


def key(gram: str) -> int:
    """Hash a gram to the 63 bits of a database's integer: two of a billion are never the same."""
    if gram.startswith(_WITHOUT):
        return -key(gram.removeprefix(_WITHOUT))
    return xxh3_64_intdigest(gram.encode("utf-8", "surrogatepass")) >> 1 if gram else NOTHING


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
    is_named = field in (Field.SOURCE, Field.TOPIC)
    return (f"{field}:{gram}" if is_named else gram for gram in grams)


def _stem(word: str) -> str:
    """Write the gram of all words that begin so: what it has of the longest stem there is."""
    return word[: next(size for size in STEMS if size <= len(word))] + "*"


def _stems(words: set[str]) -> set[str]:
    return {word[:size] + "*" for size in STEMS for word in words if len(word) >= size}
