"""Text from strangers, made safe to stand among text of ours: in headers, titles and lists."""

import unicodedata

# Controls, line ends among them; half characters; and format characters (Cf): what cannot be
# seen, and what turns the reading order of all that follows (UAX 9).
_UNWANTED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_JOINERS = "\u200c\u200d"  # Persian and emoji are spelled with them


def one_line(text: str) -> str:
    """Bring text to one line of what can be seen, with single spaces."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join("".join(map(_seen, text)).split())


def _seen(character: str) -> str:
    if character.isspace():
        return " "
    is_unwanted = unicodedata.category(character) in _UNWANTED
    return "" if is_unwanted and character not in _JOINERS else character
