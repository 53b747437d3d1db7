import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from news.crawl.charset import decode

TEXT = "<rss>Żółć, Привет, naïve</rss>"
RUSSIAN = "<rss>Сегодня в городе открылся новый музей</rss>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_decode_reads_unicode_when_marked_or_plain_to_see(encoding: str) -> None:
    assert decode(TEXT.encode(encoding)).lstrip("\ufeff") == TEXT


def test_decode_believes_the_mark_when_the_declaration_disagrees() -> None:
    text = f'<?xml version="1.0" encoding="iso-8859-1"?>{TEXT}'
    assert decode(codecs.BOM_UTF8 + text.encode()) == text


def test_decode_believes_the_declaration_when_the_server_disagrees() -> None:
    text = f'<?xml version="1.0" encoding="windows-1251"?>{RUSSIAN}'
    assert decode(text.encode("cp1251"), "text/xml; charset=koi8-r") == text


def test_decode_believes_the_server_when_nothing_is_declared() -> None:
    assert decode(RUSSIAN.encode("koi8-r"), 'text/xml; charset="KOI8-R"') == RUSSIAN


@pytest.mark.parametrize(("label", "encoding"), [("iso-8859-1", "cp1252"), ("gb2312", "gb18030")])
def test_decode_reads_the_larger_set_when_the_label_names_the_smaller(
    label: str, encoding: str
) -> None:
    text = (
        f'<?xml version="1.0" encoding="{label}"?><rss>“{"é" if label[0] == "i" else "镕"}”</rss>'
    )
    assert decode(text.encode(encoding)) == text


def test_decode_replaces_bytes_when_few_are_bad_in_declared_utf_8() -> None:
    body = b'<?xml version="1.0" encoding="utf-8"?><rss>' + "日本語".encode() * 40 + b"\xff</rss>"
    assert decode(body).count("日本語") == 40
    assert decode(body).count("\ufffd") == 1


def test_decode_guesses_again_when_declared_utf_8_is_another_encoding() -> None:
    text = f'<?xml version="1.0" encoding="utf-8"?>{RUSSIAN}'
    assert decode(text.encode("cp1251")) == text


@pytest.mark.parametrize("label", ["no-such-thing", "utf-7", "unicode_escape", "zlib", "idna"])
def test_decode_ignores_the_label_when_no_document_is_written_so(label: str) -> None:
    text = f'<?xml version="1.0" encoding="{label}"?><rss>+ADw- \\x41 é</rss>'
    assert decode(text.encode()) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("<p>café, déjà vu</p>", "cp1252"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "cp1251"),
        ("<p>新闻中心</p>", "gb18030"),
    ],
)
def test_decode_detects_the_encoding_when_nobody_names_it(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@given(st.binary(max_size=400), st.text(max_size=40))
def test_decode_returns_encodable_text_when_the_bytes_are_anything(body: bytes, kind: str) -> None:
    decode(body, kind).encode()
