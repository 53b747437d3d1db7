"""A query in plain words, for the person who wrote it."""

from subscriptions.keywords.syntax import And, Field, Node, Not, Or, Term
from subscriptions.keywords.words import shown

_WHERE = {
    Field.TEXT: "",
    Field.TITLE: " in the title",
    Field.SOURCE: " in the source's name or address",
    Field.TOPIC: " in the topic's name",
}


def explained(node: Node) -> str:
    """Say what a query asks for: `the word “apple”, and not the phrase “apple pie”`."""
    if isinstance(node, Term):
        return _term(node)
    if isinstance(node, Not):
        return f"not {_inner(node.part)}"
    if isinstance(node, Or):
        return "either " + " or ".join(map(_inner, node.parts))
    wanted_first = sorted(node.parts, key=lambda part: isinstance(part, Not))
    return ", and ".join(map(_inner, wanted_first))


def _inner(node: Node) -> str:
    said = explained(node)
    return f"({said})" if isinstance(node, And | Or) else said


def _term(term: Term) -> str:
    text, where = shown(term.line), _WHERE[term.field]
    if term.is_prefix:
        kind = "a phrase" if " " in text else "a word"
        return f"{kind} that begins with “{text}”{where}"
    return f"the {'phrase' if ' ' in text else 'word'} “{text}”{where}"
