"""Sentences for people that are written before it is known who reads them.

Rows and code that knows no languages have them in English. `translated` finds again which
sentence a text was made of, and says it by a catalogue; so nothing that is stored is translated,
and what was stored long ago is read in the language of whoever looks at it.
"""

import re
from collections.abc import Callable

_VALUE = re.compile(r"%\((\w+)\)s")
_known: dict[str, re.Pattern[str]] = {}


def gettext_noop(text: str) -> str:
    """Make a sentence known, and known to xgettext, whence its name; values are `%(name)s`.

    It stands at the top of a module: who reads a row has not run what wrote it.
    """
    literal, *rest = _VALUE.split(text)
    form = re.escape(literal)
    for name, following in zip(rest[::2], rest[1::2], strict=True):
        is_again = f"(?P<{name}>" in form
        form += (f"(?P={name})" if is_again else f"(?P<{name}>.*?)") + re.escape(following)
    _known[text] = re.compile(form, re.DOTALL)
    return text


def translated(text: str, catalogue: Callable[[str], str]) -> str:
    """Say a text, and the sentences within it; what is no sentence of ours stays as it is."""
    if text in _known:
        return catalogue(text)
    found = {each: match for each in tuple(_known) if (match := _known[each].fullmatch(text))}
    if not found:
        return text
    sentence = max(found, key=lambda each: len(_VALUE.sub("", each)))  # it leaves least open
    match = found[sentence]
    values = {name: translated(value, catalogue) for name, value in match.groupdict().items()}
    return catalogue(sentence) % values
