"""Plain text out of what feeds call text: no markup, no entities, no invisible characters."""

import re
from collections import Counter
from html import escape, unescape

import nh3

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_ASCII_CONTROLS = bytes({*range(32)} - {*range(9, 14)} | {127})
_HIDDEN = "\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
# What nobody sees, or what turns the reading order of everything after it.
_INVISIBLE = re.compile(f"[{_HIDDEN}]")
_C1 = re.compile("[\x80-\x9f]")
_ANY_OF_THESE = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff{_HIDDEN}]")
# Only what HTML may mean is a tag: in "if x<y then" the rest is not to vanish. The most frequent
# come first, which halves the time.
_NO_TAG = re.compile(
    r"<(?!!--|[!?/]?(?:p|a|br|div|span|img|li|strong|em|b|i|ul|h[1-6]|td|tr|abbr|acronym|address"
    r"|applet|area|article|aside|audio|base|basefont|bdi|bdo|bgsound|big|blink|blockquote|body"
    r"|button|canvas|caption|center|cite|code|col|colgroup|data|datalist|dd|del|details|dfn|dialog"
    r"|dir|dl|doctype|dt|embed|fieldset|figcaption|figure|font|footer|form|frame|frameset|head"
    r"|header|hgroup|hr|html|iframe|image|input|ins|kbd|keygen|label|legend|link|listing|main|map"
    r"|mark|marquee|math|menu|menuitem|meta|meter|nav|nobr|noembed|noframes|noscript|object|ol"
    r"|optgroup|option|output|param|picture|plaintext|portal|pre|progress|q|rb|rp|rt|rtc|ruby|s"
    r"|samp|script|search|section|select|slot|small|source|spacer|strike|style|sub|summary|sup|svg"
    r"|table|tbody|template|textarea|tfoot|th|thead|time|title|track|tt|u|var|video|wbr|xml|xmp"
    r"|\w+[:-][\w:-]+)(?=[\s/>]))",
    re.I,
)
_BLOCK = re.compile(
    r"<(?=/?(?:p|br|div|li|ul|ol|h\d|hr|blockquote|address|article|aside|caption|dd|dl|dt|fig\w+"
    r"|footer|header|pre|section|table|t[dhr])[\s/>])",
    re.I,
)
_TAG = re.compile(r"<[^<>]*>")
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
        html = mark_no_tags(clean(html))
    if "<" in html:
        html = _STRIPPED.clean(_BLOCK.sub(" <", unfold(html)))
    if "&" in html:
        html = unescape(html)
    return one_line(html)


def mark_no_tags(html: str) -> str:
    """Escape each `<` that begins nothing that HTML knows."""
    return _NO_TAG.sub("&lt;", html)


def unfold(html: str) -> str:
    """Prepare HTML for a parser that runs as a browser with scripts would.

    Such a one takes what stands in noscript for text, and the square of the depth as time: HTML
    that is nested without end loses its tags.
    """
    if "<n" in html or "<N" in html:
        html = _NOSCRIPT.sub("", html)
    if html.count("<") < _DEEPEST or _depth(html) < _DEEPEST:
        return html
    return escape(collapse(_TAG.sub(" ", html)), quote=False)


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


def one_line(text: str) -> str:
    """Drop what nobody sees, and bring white space of every kind to single spaces."""
    if text.isprintable() and "  " not in text:  # so is most; the only space in it is the plain one
        return text.strip(" ")
    return collapse(clean(text))


def collapse(text: str) -> str:
    """Bring white space of every kind to single spaces."""
    return " ".join(text.split())


def clean(text: str, *, keep_direction: bool = False) -> str:
    """Drop control and invisible characters; read C1 controls as the Windows ones they were.

    Right-to-left articles need their marks (`keep_direction`), a line of text among others'
    must not turn those.
    """
    if text.isascii():  # a third of the time that a pattern takes
        return text.encode().translate(None, _ASCII_CONTROLS).decode()
    if not _ANY_OF_THESE.search(text):
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


def _windows(match: re.Match[str]) -> str:
    return match[0].encode("latin-1").decode("cp1252", "ignore")
