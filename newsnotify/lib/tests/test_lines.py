import pytest

from newsnotify.lib.lines import one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Ann", "Ann"),
        ("  Ann \t Lee ", "Ann Lee"),
        ("Ann\r\nBcc: bob@example.org", "Ann Bcc: bob@example.org"),
        ("Ann\x85Lee\u2028Lee\u2029", "Ann Lee Lee"),
        ("A\0n\x07n\x7f", "Ann"),
        ("\u202egpj.exe\u202c", "gpj.exe"),
        ("\u2066Ann\u2069\u200f\u200e\ufeff\xad", "Ann"),
        ("half \ud83d", "half"),
        ("<b>Ann</b> & 'Lee'", "<b>Ann</b> & 'Lee'"),  # markup is for templates to escape
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("Zoë 李", "Zoë 李"),
        ("\u202e\0", ""),
    ],
)
def test_text_comes_to_one_line_of_what_can_be_seen(text: str, line: str) -> None:
    assert one_line(text) == line
