from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from news.tests.factories import NOW
from notifications.explaining import channel_words, timeline_words, words
from notifications.explaining.facts import Rule, Way, Wish
from notifications.explaining.findings import Code, Effect, Finding, Moment, Step
from notifications.holding import LADDER
from notifications.models import Channel, Delivery
from notifications.transports.base import Result, Size
from subscriptions.ladder import Skip
from subscriptions.timing import Reason

WISH = Wish(id=7, kind="keyword", name="secret", created_at=NOW, words="the word “secret”")
FULL = Finding(
    Code.FOLLOWED,
    Effect.HOLDS,
    wish=WISH,
    rule=Rule(7, "read", "secret"),
    at=NOW,
    name="Space Weekly",
    path="/sources/1",
    given="medium",
    wanted=("high", "critical"),
    count=25,
)
WAY = Way(
    id=1,
    kind="mock",
    channel_id=1,
    label="",
    state="held",
    reason="quiet_hours",
    due_at=NOW,
    is_ahead=True,
)
OURS = {
    *Reason,
    *Skip,
    LADDER,
    "no_channel",
    "read",
    "archived",
    "deleted",
    "unsubscribed",
    "channel disabled",
}


@pytest.mark.parametrize("code", Code)
def test_every_finding_has_words(code: Code) -> None:
    for found in (replace(FULL, code=code), replace(FULL, code=code, at=None, effect=Effect.NOTES)):
        text = words.finding(found).text
        assert text.endswith(".")
        assert "%" not in text


@pytest.mark.parametrize("code", Code)
def test_discreet_words_name_nothing_private(code: Code) -> None:
    said = words.finding(replace(FULL, code=code), is_discreet=True)
    assert "secret" not in said.text


@pytest.mark.parametrize("step", Step)
def test_every_moment_has_words(step: Step) -> None:
    way = WAY if step is Step.ATTEMPT else None
    assert timeline_words.moment(Moment(NOW, step, "Space Weekly", way, "sent"))


@pytest.mark.parametrize("state", Delivery.State)
def test_every_state_has_words(state: Delivery.State) -> None:
    assert channel_words.state(replace(WAY, state=state, reason="")).text.endswith(".")


@pytest.mark.parametrize("reason", sorted(OURS))
def test_reasons_of_ours_are_said_in_words(reason: str) -> None:
    assert channel_words.reason(reason) != reason


def test_words_of_others_stay_as_they_are() -> None:
    assert channel_words.reason("550 no such user") == "550 no such user"


def test_kinds_and_results_have_words() -> None:
    assert {kind for kind in Channel.Kind if channel_words.kind(kind) == kind} == set()
    said = {result: channel_words.outcome(result) for result in Result}
    assert said[Result.RETRY] != Result.RETRY
    assert said[Result.GONE] != Result.GONE


def test_times_are_told_by_the_active_clock() -> None:
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert words.finding(replace(FULL, code=Code.MUTED)).text.endswith("1 March 2026, 21:00.")
        held = channel_words.state(WAY).text
        assert held == "It is held until 1 March 2026, 21:00. Your quiet hours hold it."
    assert channel_words.state(replace(WAY, state="retry")).text.startswith(
        "It failed and is tried"
    )


@pytest.mark.parametrize("size", [Size.DIGEST, Size.BUNDLE])
def test_what_went_with_others_says_so(size: Size) -> None:
    alone = replace(WAY, state="sent", reason="")
    together = replace(alone, parcel=size.value)
    assert len(channel_words.state(together).text) > len(channel_words.state(alone).text)
