"""The first picture that an article shows, without a parser where that is sure."""

import re
from html import unescape

from news.crawl.urls import absolute_url
from news.html import sanitise
from news.skim import NAME, VALUE

_IMAGE = re.compile(
    rf"<img(?:\s++(?!src[\s=/>]){NAME}(?:\s*+=\s*+{VALUE})?+)*+\s++src\s*+=\s*+({VALUE})", re.I
)
# A picture behind one of these may be in a comment or in an element that is not shown.
_HIDING = re.compile(
    r"<(?:!|\?|applet|canvas|embed|frameset|iframe|math|no|object|plaintext|script|select|style"
    r"|svg|template|textarea|title|xmp)",
    re.I,
)
_REFERENCE = re.compile(r"&#?\w+;")


def first_image(html: str, base: str) -> str:
    """Find the first http(s) picture that HTML shows; "" when there is none."""
    if "<img" not in html and "<IMG" not in html:
        return ""
    match = _IMAGE.search(html)
    is_shown = match and not _HIDING.search(html, 0, match.start())
    if match and is_shown and (url := absolute_url(_unquoted(match[1]), base)):
        return url
    # There every picture has an address.
    match = _IMAGE.search(sanitise(html, base))
    return absolute_url(_unquoted(match[1])) if match else ""


def _unquoted(value: str) -> str:
    """Read the value of an attribute: there `&copy=` means what it says."""
    value = value[1:-1] if value[0] in "\"'" else value
    return _REFERENCE.sub(lambda match: unescape(match[0]), value) if "&" in value else value
