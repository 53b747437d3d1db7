"""Text as words that can be compared: one form for queries and for what they look for.

The form is a line of words with a space between. Case, accents and widths of letters are gone;
everything else that is no letter, digit or mark parts words. A character of a script that is
written without spaces is a word of its own, so a word of such a script is a run of them, found
anywhere inside a longer one; two spaces stand between two of them that the text has parted.
"""

import re
from unicodedata import category, combining, normalize

# Han, kana, bopomofo, Thai, Lao, Burmese, Khmer and the smaller scripts of their neighbours.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\u2e80-\u2fdf\u3005-\u3007"
    "\u3021-\u3029\u3040-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff"
    "\uaa60-\uaadf\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_PARTED = re.compile(f"(?<=[{_UNSPACED}]) (?=[{_UNSPACED}])")
_JOINED = re.compile(rf"(?<=[{_UNSPACED}])(?=\S)|(?<=\S)(?=[{_UNSPACED}])")
_TOGETHER = re.compile(f"(?<=[{_UNSPACED}]) (?=[{_UNSPACED}])")
BREAK = "  "

# C++, C# and F# are words, and not C.
_SIGNED = re.compile(r"(?<=[^\W_])(\+\+|#)(?![\w+#])")
_SIGNS = {"++": "\ue000", "#": "\ue001"}

# Letters with a stroke and ligatures, which Unicode does not take apart.
_SPELT = {
    "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ð": "d", "þ": "th",
    "\u0131": "i", "ĸ": "k", "й": "й", **{stand_in: sign for sign, stand_in in _SIGNS.items()},
}  # fmt: skip
_KNOWN = 20_000  # characters; nobody is to fill the memory with all there are


class _Folding(dict[int, str]):
    """What becomes of each character, found when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = _fold(chr(code))
        if len(self) < _KNOWN:
            self[code] = folded
        return folded


def _fold(character: str) -> str:
    if spelt := _SPELT.get(character):
        return spelt
    bare = "".join(each for each in normalize("NFKD", character) if not _is_accent(each))
    return "".join(map(_word_part, normalize("NFC", bare)))


def _is_accent(character: str) -> bool:
    """Tell accents from marks that make another letter.

    By their combining classes: accents above and below, strokes, the points of Hebrew, Arabic
    and Syriac; not the vowels of Indic scripts, nor the voicing marks of kana.
    """
    place = combining(character)
    return place == 1 or 10 <= place <= 36 or place >= 200


def _word_part(character: str) -> str:
    kind = category(character)
    if kind == "Cf":  # nobody sees it
        return ""
    return character if kind[0] in "LNM" else " "


_FOLDING = _Folding()


def words(text: str) -> str:
    """Bring a text to the form in which words are compared."""
    if "+" in text or "#" in text:
        text = _SIGNED.sub(lambda match: _SIGNS[match[1]], text)
    folded = normalize("NFKC", text).casefold().translate(_FOLDING)
    line = " ".join(folded.split())
    if line.isascii() or not _HAS_UNSPACED.search(line):
        return line
    return _JOINED.sub(" ", _PARTED.sub(BREAK, line))


def shown(line: str) -> str:
    """Write words as people do: without spaces where their script has none."""
    parts = (_TOGETHER.sub("", part) for part in line.split(BREAK))
    return " ".join(parts)


def runs(line: str) -> list[list[str]]:
    """Take a line apart: words that follow each other with nothing but a space between."""
    return [run.split(" ") for run in line.split(BREAK) if run]


def is_unspaced(word: str) -> bool:
    """Tell whether a word is a character of a script without spaces."""
    return bool(_HAS_UNSPACED.match(word))
