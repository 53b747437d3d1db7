from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions import ladder
from subscriptions.ladder import CHANNELS, LONGEST, PRIORITIES, Skip, Step

LINE = "in-app now, push after 20 s, e-mail after 10 min, SMS after 30 min if high"
SHOWN = [
    {"channel": "push", "after": "20s"},
    {"channel": "email", "after": "10m"},
    {"channel": "sms", "after": "30m", "min_priority": "high"},
]
READY = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_line_and_shape_say_the_same() -> None:
    assert ladder.shown(ladder.parse(LINE)) == SHOWN
    assert ladder.line(ladder.read(SHOWN)) == LINE


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("", ""),
        (" \n", ""),
        ("in-app now", ""),
        ("INBOX now; Mail NOW", "in-app now, e-mail now"),
        ("sms after 90 seconds", "in-app now, SMS after 90 s"),
        ("sms after 1h,push after 0 min", "in-app now, push now, SMS after 1 h"),
        ("webhook after 120 min or higher", None),
        ("chat after 1 day if Medium or higher", "in-app now, chat after 1 d if medium"),
        ("push now if critical, push after 5m", "in-app now, push now if critical, "
         "push after 5 min"),
    ],
)  # fmt: skip
def test_line_is_understood_as_people_write_it(line: str, written: str | None) -> None:
    if written is None:
        with pytest.raises(ValueError, match="no time to wait"):
            ladder.parse(line)
    else:
        assert ladder.line(ladder.parse(line)) == written


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("fax after 3 min", "There is no channel 'fax', only in-app, push, e-mail, SMS, webhook"),
        ("push", "'push' is no step; write for example 'e-mail after 10 min if high'."),
        ("push later", "'push later' is no step"),
        ("push after soon", "'soon' is no time to wait; write 20 s, 10 min, 2 h or 1 d."),
        ("push after -1 s", "'-1 s' is no time to wait"),
        ("push after ٣ s", "is no time to wait"),
        ("push after 8 d", "A step comes after 7 d at most, but push later."),
        ("push after 999999 d", "A step comes after 7 d at most"),
        ("sms now if urgent", "There is no priority 'urgent', only low, medium, high, critical."),
        ("in-app after 1 s", "The inbox has everything at once"),
        ("in-app now if high", "The inbox has everything at once"),
        ("push now, push after 1 h", "There are two steps for push with the same priority"),
        (", ".join(f"push after {n} s if low" for n in range(2)), "two steps for push"),
    ],
)
def test_line_is_refused_with_what_would_be_right(line: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"^.") as refusal:
        ladder.parse(line)
    assert words in str(refusal.value)


STEPS = st.lists(
    st.builds(
        Step,
        channel=st.sampled_from(CHANNELS),
        after=st.integers(0, int(LONGEST.total_seconds())).map(lambda s: timedelta(seconds=s)),
        min_priority=st.sampled_from(PRIORITIES),
    ),
    max_size=20,
    unique_by=lambda step: (step.channel, step.min_priority),
)


@given(steps=STEPS)
def test_ladder_comes_back_from_both_forms(steps: list[Step]) -> None:
    kept = ladder.checked(steps)
    assert ladder.parse(ladder.line(kept)) == kept
    assert ladder.read(ladder.shown(kept)) == kept


@given(line=st.text(alphabet="pushafternow0123456789 minif high,é\n-", max_size=60))
def test_line_is_understood_or_refused_whatever_it_is(line: str) -> None:
    try:
        found = ladder.parse(line)
    except ValueError as error:
        assert str(error).endswith((".", "!"))  # noqa: PT017 - one of two right outcomes
    else:
        assert ladder.parse(ladder.line(found)) == found


@pytest.mark.parametrize(
    ("line", "channel", "priority", "expected"),
    [
        ("", "sms", "low", 0),
        (LINE, "web_push", "low", 20),
        (LINE, "mock", "critical", 20),
        (LINE, "push", "low", 20),
        (LINE, "email", "medium", 600),
        (LINE, "sms", "high", 1800),
        (LINE, "sms", "critical", 1800),
        (LINE, "sms", "medium", Skip.LESS_URGENT),
        (LINE, "webhook", "critical", Skip.NOT_IN_LADDER),
        ("push now if critical, push after 5 min", "push", "critical", 0),
        ("push now if critical, push after 5 min", "push", "high", 300),
    ],
)
def test_step_is_due_after_its_wait_or_says_why_not(
    line: str, channel: str, priority: str, expected: int | Skip
) -> None:
    due = ladder.due(ladder.parse(line), channel=channel, priority=priority, ready_at=READY)
    assert due == (expected if isinstance(expected, Skip) else READY + timedelta(seconds=expected))
