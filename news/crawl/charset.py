"""Turn the bytes of a feed document into text: BOM, XML declaration, HTTP charset, detection."""

import codecs
import re
from collections.abc import Iterator

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
# What the labels mean in practice: https://encoding.spec.whatwg.org/#names-and-labels
_MEANT = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "euc_kr": "cp949", "big5": "big5hkscs", "utf-16": "utf-8", "utf-32": "utf-8",
}  # fmt: skip
# Python has more codecs than documents have encodings, and some of them are slow or evil.
_NOT_DOCUMENTS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}

_TOLERATED = 0.01  # share of bad bytes that are replaced before the label is disbelieved
_DECLARATION = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_HTTP = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.I)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_DETECTED_FROM = 65536  # bytes


def decode(body: bytes, content_type: str = "") -> str:
    """Decode a document; never raises, replaces what cannot be read.

    Under 1 % of bad bytes in a declared encoding are replaced: one bad byte is no reason to read
    a whole document as something else.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    try:
        if b"\0" not in body[:4] and not _other_labels(body, content_type):
            return body.decode()
    except UnicodeDecodeError:
        pass
    return _decode_as_labelled(body, content_type)


def _decode_as_labelled(body: bytes, content_type: str) -> str:
    for encoding in _candidates(body, content_type):
        text = body.decode(encoding, "replace")
        bad_count = text.count("\ufffd") - body.count(b"\xef\xbf\xbd")
        if bad_count < max(1, len(body) * _TOLERATED):
            return text
    return body.decode(_detect(body), "replace")


def _candidates(body: bytes, content_type: str) -> Iterator[str]:
    yield from (name for start, name in _UNMARKED if body.startswith(start))
    yield from _labels(body, content_type)


def _other_labels(body: bytes, content_type: str) -> bool:
    return next(_labels(body, content_type), "utf-8") != "utf-8"


def _labels(body: bytes, content_type: str) -> Iterator[str]:
    """What the document, then the server, says it is; unknown names are passed over."""
    declared = _DECLARATION.match(body[:1024])
    served = _HTTP.search(content_type[:200])
    names = (declared and declared[1].decode("ascii", "replace"), served and served[1])
    yield from filter(None, (_known(name) for name in names if name))


def _known(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    if name in _NOT_DOCUMENTS or not codecs.lookup(name)._is_text_encoding:
        return None
    return _MEANT.get(name, name)


def _detect(body: bytes) -> str:
    """Guess from how bytes above 127 stand together: alone in Western text, in runs elsewhere."""
    sample = body[:_DETECTED_FROM]
    runs = _HIGH_RUN.findall(sample)
    high = b"".join(runs)
    text = sample.decode("utf-8", "ignore")
    if sum(c > "\x7f" for c in text) * 3 >= len(high):  # most of it is UTF-8 after all
        return "utf-8"
    if len(high) < 3 * len(runs):
        return "cp1252"
    if all(len(run) % 2 == 0 for run in runs) and min(high) >= 0xA1:
        return "gb18030"
    lower_in_koi8 = sum(0xC0 <= byte <= 0xDF for byte in high)
    return "koi8-r" if lower_in_koi8 * 2 > len(high) else "cp1251"
