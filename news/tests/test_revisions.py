import time
from dataclasses import dataclass

import pytest

from news.revisions import COMPARED, LONGEST, MOST, Kind, Piece, differences

MARKS = {Kind.SAME: "{}", Kind.REMOVED: "[-{}-]", Kind.ADDED: "[+{}+]", Kind.LEFT_OUT: "{}"}
LONG = 500_000  # characters: no article is longer


@dataclass(frozen=True)
class Version:
    content: str = ""
    title: str = "Title"
    summary: str = ""


def marked(pieces: tuple[Piece, ...]) -> str:
    return "".join(MARKS[piece.kind].format(piece.text) for piece in pieces)


def text_of(old: str, new: str) -> str:
    [difference] = differences([Version(new), Version(old)])
    return marked(difference.text)


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("<p>The cat sat.</p>", "<p>The dog sat.</p>", "The [-cat-] [+dog+] sat."),
        ("<p>One.</p>", "<p>One.</p><p>Two.</p>", "One.\n\n[+Two.+]"),
        ("<p>One.</p><p>Two.</p>", "<p>Two.</p>", "[-One.-]\n\nTwo."),
        ("<p>By Bob</p><p>End</p>", "<p>By Ann</p><p>End</p>", "By [-Bob-] [+Ann+]\n\nEnd"),
        ("<p>A <b>bold</b> word</p>", "<p>A <i>bold</i> word</p>", ""),
        ("<p>One.</p><p>Two.</p>", "<div>One. Two.</div>", ""),
        ("<p>So<b>me</b></p>", "<p>Some more</p>", "Some [+more+]"),
        ("<td>1</td><td>2</td>", "<td>1</td><td>3</td>", "1 [-2-] [+3+]"),
        ('<img alt="a > b"> x', '<img alt="c > d"> x', ""),
        ("1 &lt; 2", "1 &lt; 3", "1 < [-2-] [+3+]"),
        ("", "<p>Now</p>", "[+Now+]"),
        ("<p>Moon</p>", "<p>Moonlight</p>", "[-Moon-] [+Moonlight+]"),
        ("月の水が見つかる", "月の氷が見つかる", "月の[-水-] [+氷+]が見つかる"),
    ],
)
def test_text_shows_the_words_that_changed(old: str, new: str, difference: str) -> None:
    assert text_of(old, new) == difference


def test_title_shows_its_words_when_it_changed_alone() -> None:
    [difference] = differences([Version(title="Ice on Mars"), Version(title="Ice on Moon")])
    assert (marked(difference.title), difference.text) == ("Ice on [-Moon-] [+Mars+]", ())


def test_summary_is_compared_when_it_is_not_the_beginning_of_the_content() -> None:
    old, new = (Version("<p>The story.</p>", summary=f"In {word}.") for word in ("short", "brief"))
    [difference] = differences([new, old])
    assert marked(difference.text) == "In [-short.-] [+brief.+]\n\nThe story."


def test_summary_is_not_read_twice_when_the_content_begins_with_it() -> None:
    old, new = (Version(f"<p>A {word} story told.</p>", summary=f"A {word}…") for word in "bc")
    [difference] = differences([new, old])
    assert marked(difference.text) == "A [-b-] [+c+] story told."


def test_versions_are_compared_each_with_the_older_one() -> None:
    texts = [marked(d.text) for d in differences([Version("c"), Version("b"), Version("a")])]
    assert texts == ["[-b-] [+c+]", "[-a-] [+b+]"]
    assert list(differences([Version()])) == []


def test_surroundings_are_cut_when_they_are_long() -> None:
    same = "<p>" + "and so on " * 200 + "</p>"
    shown = text_of(f"{same}<p>old</p>{same}", f"{same}<p>new</p>{same}")
    assert shown.startswith(" … so on and so on")
    assert shown.endswith(" … ")
    assert "[-old-] [+new+]" in shown
    assert len(shown) < 500


def test_change_is_cut_when_nobody_would_read_it_all() -> None:
    [difference] = differences([Version("new " * LONG), Version("")])
    assert len(marked(difference.text)) < LONGEST + 100


def words(count: int, step: int = 1) -> str:
    return " ".join(f"w{n * step % 9973}" for n in range(count))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (words(LONG // 6), words(LONG // 6, 7)),
        ("a<br>" * (LONG // 5), "b<br>a<br>c<br>" * (LONG // 15)),
        ("<b>x</b> " * (LONG // 9), "<i>y</i> " * (LONG // 9)),
        ("日本語の文章" * (LONG // 6), "日本語の文書" * (LONG // 6)),
        ('<a "' * (LONG // 4), '<b "' * (LONG // 4)),
        (f"{words(LONG // 12)} x {words(LONG // 12)}", f"y {words(LONG // 6)} z"),
    ],
)
def test_comparing_takes_bounded_time_and_space_whatever_was_published(old: str, new: str) -> None:
    started = time.perf_counter()
    [difference] = differences([Version(new), Version(old)])
    assert time.perf_counter() - started < 2
    assert sum(len(piece.text) for piece in difference.text) < MOST + LONGEST + 100


def test_what_comes_after_too_much_is_still_shown_as_it_is() -> None:
    old, new = words(COMPARED), words(COMPARED, 7)
    assert text_of(f"{old} the end", f"{new} the end").endswith("the end")
