from datetime import timedelta
from typing import Any

import pytest

from news.tests.factories import NOW
from notifications.explaining.facts import Address, Facts, Person, Rule, Telling, Told, Wanted, Wish
from notifications.explaining.findings import Answer, Code, Effect, Explanation
from notifications.explaining.judging import explain

LATER = NOW + timedelta(hours=1)
WISH = Wish(id=1, kind="topic", name="Boats", created_at=NOW - timedelta(days=1))


def telling(**fields: Any) -> Telling:
    given = {"created_at": NOW, "release_time": NOW, "fanned_out_at": NOW, "wishes": (WISH,)}
    texts = {"priority": "medium", "category": "general"}
    return Telling(event_id=1, **{**texts, **given, **fields})


def explained(*, is_told: bool, **fields: Any) -> Explanation:
    told = Told(id=1, created_at=NOW) if is_told else None
    person = fields.pop("person", Person())
    return explain(Facts(now=LATER, person=person, telling=telling(**fields), told=told))


def effects(explanation: Explanation) -> dict[Code, Effect]:
    return {each.code: each.effect for each in explanation.findings}


def test_rule_that_silences_holds_what_a_subscription_lets_through() -> None:
    found = explained(is_told=False, rules=(Rule(7, "silence", "storm"),))
    assert found.answer is Answer.NOT_TOLD
    assert effects(found) == {Code.FOLLOWED: Effect.LETS, Code.RULE_SILENCE: Effect.HOLDS}
    assert found.main.rule == Rule(7, "silence", "storm")


@pytest.mark.parametrize("action", ["read", "raise", "lower"])
def test_rule_that_only_changes_it_is_noted(action: str) -> None:
    found = explained(is_told=True, rules=(Rule(7, action, "storm"),))
    assert found.answer is Answer.TOLD
    assert effects(found)[Code(f"rule_{action}")] is Effect.NOTES
    assert Code.CHANGED_SINCE not in effects(found)


def test_rules_leave_alone_what_is_addressed() -> None:
    rules = (Rule(7, "silence", "storm"),)
    found = explained(is_told=True, address=Address(is_to_him=True), wishes=(), rules=rules)
    assert effects(found) == {Code.ADDRESSED: Effect.LETS, Code.NO_CHANNEL: Effect.NOTES}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"withdrawn_at": LATER}, Code.RECALLED),
        ({"withdrawn_at": LATER, "expires_at": LATER}, Code.EXPIRED),
        ({"withdrawn_at": NOW, "expires_at": LATER}, Code.RECALLED),
    ],
)
def test_told_and_taken_back_stays_told(fields: dict[str, Any], code: Code) -> None:
    found = explained(is_told=True, **fields)
    assert found.answer is Answer.TOLD
    assert effects(found)[code] is Effect.NOTES


def test_held_by_more_than_what_passes_by_itself_is_not_told() -> None:
    paused = Wish(id=1, kind="topic", name="Boats", created_at=NOW, hindrance="paused")
    fields = {"release_time": LATER + timedelta(hours=1), "fanned_out_at": None}
    assert explained(is_told=False, **fields).answer is Answer.NOT_YET
    assert explained(is_told=False, wishes=(paused,), **fields).answer is Answer.NOT_TOLD


def test_recipient_without_sign_in_gets_what_is_addressed_on_his_channels() -> None:
    person = Person(has_sign_in=False, wanted=Wanted(is_subscribed=False))
    told = explained(is_told=True, person=person, address=Address(is_to_him=True), wishes=())
    assert Code.UNSUBSCRIBED not in effects(told)
    assert effects(explained(is_told=False, person=person))[Code.UNSUBSCRIBED] is Effect.HOLDS
