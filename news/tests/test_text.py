from hypothesis import given
from hypothesis import strategies as st

from news.text import clean, collapse, one_line

PIECES = st.sampled_from(
    ["a", "é", " ", "  ", "\n", "\xa0", "\u200b", "\u202e", "\x93", "\x00", "新"]
)


@given(st.lists(PIECES | st.characters(), max_size=8).map("".join))
def test_one_line_is_clean_and_collapsed(text: str) -> None:
    assert one_line(text) == collapse(clean(text))
