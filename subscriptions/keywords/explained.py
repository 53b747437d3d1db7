"""A query in plain words, for the person who wrote it."""

from collections.abc import Callable

from subscriptions.keywords.syntax import And, Field, Node, Not, Or, Term
from subscriptions.keywords.words import shown

Catalogue = Callable[[str], str]  # gives an English text in a language


def explained(node: Node, gettext: Catalogue = str) -> str:
    """Say what a query asks for: `the word “apple”, and not the phrase “apple pie”`.

    What it is said by has the name that xgettext knows.
    """
    if isinstance(node, Term):
        return _placed(_term(node, gettext), node.field, gettext)
    if isinstance(node, Not):
        return gettext("not %(words)s") % {"words": _inner(node.part, gettext)}
    first, *others = sorted(node.parts, key=lambda part: isinstance(part, Not))
    words = _inner(first, gettext)
    if isinstance(node, Or):
        words = gettext("either %(words)s") % {"words": words}
    for other in others:
        words = _joined(node, words, other, gettext)
    return words


def _joined(node: And | Or, words: str, other: Node, gettext: Catalogue) -> str:
    if isinstance(other, Not) and isinstance(node, And):
        values = {"words": words, "others": _inner(other.part, gettext)}
        return gettext("%(words)s, and not %(others)s") % values
    values = {"words": words, "others": _inner(other, gettext)}
    if isinstance(node, Or):
        return gettext("%(words)s or %(others)s") % values
    return gettext("%(words)s, and %(others)s") % values


def _inner(node: Node, gettext: Catalogue) -> str:
    said = explained(node, gettext)
    return f"({said})" if isinstance(node, And | Or) else said


def _term(term: Term, gettext: Catalogue) -> str:
    text = {"text": shown(term.line)}
    is_phrase = " " in text["text"]
    if term.is_prefix and is_phrase:
        return gettext("a phrase that begins with “%(text)s”") % text
    if term.is_prefix:
        return gettext("a word that begins with “%(text)s”") % text
    if is_phrase:
        return gettext("the phrase “%(text)s”") % text
    return gettext("the word “%(text)s”") % text


def _placed(words: str, field: Field, gettext: Catalogue) -> str:
    values = {"words": words}
    if field is Field.TITLE:
        return gettext("%(words)s in the title") % values
    if field is Field.SOURCE:
        return gettext("%(words)s in the source's name or address") % values
    if field is Field.TOPIC:
        return gettext("%(words)s in the topic's name") % values
    return words
