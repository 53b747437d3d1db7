import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import cursors


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_cursor_is_read_back_as_it_was_made(revision: int) -> None:
    assert cursors.decode(cursors.encode(revision)) == revision


@given(st.text() | st.from_regex(r"\A1\.[^.]*\Z") | st.from_regex(r"\A\d+\.\d+\Z"))
def test_cursor_is_a_revision_or_refused_whatever_a_client_sends(cursor: str) -> None:
    try:
        revision = cursors.decode(cursor)
    except cursors.BadCursorError:
        return
    assert 0 <= revision < 10**18
    assert cursor.startswith(f"{cursors.EPOCH}.")
    assert int(cursor.split(".")[1]) == revision


@pytest.mark.parametrize(
    "cursor", ["", "1", "1.", ".1", "1.-1", "1.+1", "1.1.1", "1.1 ", "0.1", "2.1", "1.²", "1.٣"]
)
def test_cursor_is_refused_when_it_is_none_of_ours(cursor: str) -> None:
    with pytest.raises(cursors.BadCursorError):
        cursors.decode(cursor)


def test_cursor_is_refused_when_it_is_too_long_for_a_revision() -> None:
    with pytest.raises(cursors.BadCursorError, match=r"1\.999"):
        cursors.decode("1." + "9" * 5000)
