"""Plain text out of what feeds call text: no markup, no entities, no invisible characters."""

import re
from collections import Counter
from html import escape, unescape

import nh3

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
# What nobody sees, or what turns the reading order of everything after it.
_INVISIBLE = re.compile(
    "[\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_C1 = re.compile("[\x80-\x9f]")
_TAG = re.compile(r"<[^<>]*>")
# Only what HTML may mean is a tag: in "if x<y then" the rest is not to vanish.
_NO_TAG = re.compile(
    r"<(?!!--|[!?/]?(?:a|abbr|acronym|address|article|aside|audio|b|bdi|bdo|big|blink|blockquote"
    r"|body|br|button|caption|center|cite|code|col|colgroup|dd|del|details|dfn|dir|div|dl|doctype"
    r"|dt|em|embed|fieldset|figcaption|figure|font|footer|form|frame|frameset|h[1-6]|head|header"
    r"|hr|html|i|iframe|img|input|ins|kbd|label|legend|li|link|main|map|mark|marquee|math|menu"
    r"|meta|nav|noscript|object|ol|option|p|param|picture|pre|q|rp|rt|ruby|s|samp|script|section"
    r"|select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template"
    r"|textarea|tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr|xml|\w+[:-][\w:-]+)"
    r"(?=[\s/>]))",
    re.I,
)
_BLOCK = re.compile(
    r"(?=</?(?:address|article|aside|blockquote|br|caption|dd|div|dl|dt|fig\w+|footer|h\d|header"
    r"|hr|li|ol|p|pre|section|t[dhr]|table|ul)[\s/>])",
    re.I,
)
_NESTING = re.compile(
    r"<(/?)(?!(?:br|hr|img|input|source|wbr|p|li|td|tr|th|dt|dd)\b)([a-z][a-z0-9]*)", re.I
)
_DEEPEST = 500
_NOSCRIPT = re.compile(r"</?noscript\b[^<>]*>", re.I)
_STRIPPED = nh3.Cleaner(
    tags=set(),
    clean_content_tags={"script", "style", "template", "iframe", "object", "svg", "math", "select"},
)


def to_text(html: str) -> str:
    """Reduce HTML to one line of plain text."""
    if "<" in html:
        html = clean(_NO_TAG.sub("&lt;", html))
    if "<" in html:
        html = _STRIPPED.clean(_BLOCK.sub(" ", unfold(html)))
    if "&" in html:
        html = unescape(html)
    return collapse(clean(html))


def unfold(html: str) -> str:
    """Prepare HTML for a parser that runs as a browser with scripts would.

    Such a one takes what stands in noscript for text, and the square of the depth as time: HTML
    that is nested without end loses its tags.
    """
    html = _NOSCRIPT.sub("", html)
    if html.count("<") < _DEEPEST or _depth(html) < _DEEPEST:
        return html
    return escape(strip_tags(html), quote=False)


def _depth(html: str) -> int:
    """Count how many elements are open at most; an end tag closes nothing but its own kind."""
    depth = deepest = 0
    unclosed: Counter[str] = Counter()
    for match in _NESTING.finditer(html):
        is_end, name = bool(match[1]), match[2].lower()
        if is_end and not unclosed[name]:
            continue
        step = -1 if is_end else 1
        unclosed[name] += step
        depth += step
        deepest = max(deepest, depth)
    return deepest


def collapse(text: str) -> str:
    """Bring white space of every kind to single spaces."""
    return " ".join(text.split())


def clean(text: str, *, keep_direction: bool = False) -> str:
    """Drop control and invisible characters; read C1 controls as the Windows ones they were.

    Right-to-left articles need their marks (`keep_direction`), a line of text among others'
    must not turn those.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _CONTROLS.sub("", _C1.sub(_windows, text))
    return text if keep_direction else _INVISIBLE.sub("", text)


def cut(text: str, length: int) -> str:
    """Shorten to `length` characters, at a word, with an ellipsis."""
    if len(text) <= length:
        return text
    words = text[:length].rpartition(" ")[0]
    is_long_word = len(words) < length // 2  # languages without spaces are cut anywhere
    return (text[: length - 1] if is_long_word else words).rstrip(" ,;:.-") + "…"


def strip_tags(html: str) -> str:
    """Drop what looks like a tag, quickly: for comparing, not for showing."""
    return collapse(_TAG.sub(" ", html)) if "<" in html else collapse(html)


def _windows(match: re.Match[str]) -> str:
    return match[0].encode("latin-1").decode("cp1252", "ignore")
