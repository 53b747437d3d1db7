"""From facts to findings: every gate in the order in which news comes to them.

Knows only data. What rows keep is judged as of the time of the event; subscriptions and
preferences do not say what they were, so they are judged as they are.
"""

from collections.abc import Iterator
from dataclasses import replace

from notifications.explaining.facts import Facts, Telling, Wanted, Wish
from notifications.explaining.findings import Answer, Code, Effect, Explanation, Finding
from notifications.explaining.timeline import moments

_LATER = {Code.ANNOUNCED, Code.SCHEDULED, Code.BEING_TOLD}  # what will pass by itself


def explain(facts: Facts) -> Explanation:
    """Judge every gate. There is always at least one finding."""
    is_told = facts.told is not None and not facts.told.is_pending
    found = list(_all(facts, is_told=is_told))
    holding = {each.code for each in found if each.effect is Effect.HOLDS}
    is_let = any(each.effect is Effect.LETS for each in found)
    if is_told == bool(holding) or (is_told and not is_let):
        found.append(Finding(Code.CHANGED_SINCE, Effect.NOTES if is_told else Effect.HOLDS))
    answer = Answer.TOLD if is_told else Answer.NOT_TOLD
    if not is_told and holding and holding <= _LATER:
        answer = Answer.NOT_YET
    return Explanation(answer, tuple(found), tuple(moments(facts)), facts.ways)


def _all(facts: Facts, *, is_told: bool) -> Iterator[Finding]:
    yield from _of_origin(facts)
    telling = facts.telling
    if telling is None:
        return
    yield from _of_time(telling, facts, is_told=is_told)
    if not facts.person.is_active:
        yield Finding(Code.ACCOUNT_CLOSED, Effect.HOLDS, is_of_today=True)
    if telling.is_addressed:
        yield from _of_address(telling)
    yield from _of_wishes(facts, telling, is_told=is_told)
    yield from _of_joining(facts, telling, is_told=is_told)
    yield from _of_preferences(facts, telling)
    if not telling.is_addressed:
        yield from _of_rules(telling)
    if is_told:
        yield from _of_channels(facts, telling)


def _of_origin(facts: Facts) -> Iterator[Finding]:
    """Tell how a crawl's news became an event, or why it did not."""
    origin = facts.origin
    if origin is None:
        return
    source = origin.source
    if origin.is_burst:
        yield Finding(Code.BURST, Effect.NOTES, count=origin.together, name=source)
    if facts.telling:
        return
    if origin.is_announced:
        yield Finding(Code.ANNOUNCED, Effect.HOLDS, name=source)
    elif origin.is_quiet:
        yield Finding(Code.FIRST_CRAWL, Effect.HOLDS, at=origin.first_seen_at, name=source)
    else:
        yield Finding(Code.NO_EVENT, Effect.HOLDS, name=source)


def _of_time(telling: Telling, facts: Facts, *, is_told: bool) -> Iterator[Finding]:
    if telling.withdrawn_at:
        over = telling.expires_at and telling.withdrawn_at >= telling.expires_at
        code = Code.EXPIRED if over else Code.RECALLED
        yield Finding(code, Effect.NOTES if is_told else Effect.HOLDS, at=telling.withdrawn_at)
    elif is_told:
        if facts.told and facts.told.is_deleted:
            yield Finding(Code.DELETED, Effect.NOTES)
    elif telling.release_time > facts.now:
        yield Finding(Code.SCHEDULED, Effect.HOLDS, at=telling.release_time)
    elif telling.fanned_out_at is None:
        yield Finding(Code.BEING_TOLD, Effect.HOLDS)


def _of_address(telling: Telling) -> Iterator[Finding]:
    if telling.is_to_him:
        code = Code.ADDRESSED_TO_ROLE if telling.role else Code.ADDRESSED
        wanted = (telling.role,) if telling.role else ()
        yield Finding(code, Effect.LETS, name=telling.producer, wanted=wanted)
    elif not telling.wishes:
        yield Finding(Code.ADDRESSED_TO_OTHERS, Effect.HOLDS)


def _of_wishes(facts: Facts, telling: Telling, *, is_told: bool) -> Iterator[Finding]:
    """Tell which subscriptions brought it, then what held the others back."""
    found: dict[int, Finding] = {}
    for each in (telling, *(facts.others if is_told else ())):
        for wish in each.wishes:
            finding = _of_wish(wish, each)
            if wish.id not in found or finding.effect is Effect.LETS:
                found[wish.id] = finding
    lets = [one for one in found.values() if one.effect is Effect.LETS]
    yield from lets
    held = [one for one in found.values() if one.effect is not Effect.LETS]
    is_beside = lets or telling.is_to_him
    yield from (replace(one, effect=Effect.NOTES) if is_beside else one for one in held)
    if not found and not telling.is_addressed:
        nothing = Finding(Code.NOTHING_MATCHES, Effect.HOLDS, is_of_today=True)
        yield replace(nothing, name=telling.source, path=telling.source_path)


def _of_wish(wish: Wish, telling: Telling) -> Finding:
    if telling.fanned_out_at and wish.created_at > telling.fanned_out_at:
        at = wish.created_at
        return Finding(Code.FOLLOWED_LATER, Effect.HOLDS, wish=wish, at=at)
    if not wish.hindrance:
        return Finding(Code.FOLLOWED, Effect.LETS, wish=wish)
    return Finding(
        Code(wish.hindrance),
        Effect.HOLDS,
        wish=wish,
        at=wish.muted_until,
        given=telling.priority,
        is_of_today=True,
    )


def _of_joining(facts: Facts, telling: Telling, *, is_told: bool) -> Iterator[Finding]:
    """Tell what the same link in several sources came to."""
    told, first = facts.told, facts.first
    if not is_told or told is None:
        return
    if first and (told.created_at < telling.created_at or _is_open(first)):
        yield Finding(Code.TOLD_BEFORE, Effect.NOTES, name=first.source, at=first.created_at)
    elif first:
        yield Finding(Code.JOINED, Effect.NOTES, name=telling.source, at=telling.created_at)
    elif not _is_open(telling):
        for other in filter(_is_open, facts.others):
            yield Finding(Code.JOINED, Effect.NOTES, name=other.source, at=other.created_at)


def _is_open(telling: Telling) -> bool:
    return any(_of_wish(wish, telling).effect is Effect.LETS for wish in telling.wishes)


def _of_preferences(facts: Facts, telling: Telling) -> Iterator[Finding]:
    """What was addressed comes in any case; then preferences govern the other channels."""
    wanted = facts.person.wanted
    effect = Effect.LIMITS if telling.is_to_him else Effect.HOLDS
    if telling.is_addressed and not telling.is_to_him and not telling.wishes:
        return
    if not wanted.is_subscribed and (facts.person.has_sign_in or not telling.is_to_him):
        yield Finding(Code.UNSUBSCRIBED, effect, is_of_today=True)
    yield from _of_names(telling, wanted, effect)


def _of_names(telling: Telling, wanted: Wanted, effect: Effect) -> Iterator[Finding]:
    for given, names, good, bad in (
        (telling.priority, wanted.priorities, Code.PRIORITY_WANTED, Code.PRIORITY_NOT_WANTED),
        (telling.category, wanted.categories, Code.CATEGORY_WANTED, Code.CATEGORY_NOT_WANTED),
    ):
        if names:
            is_wanted = given in names
            code, does = (good, Effect.NOTES) if is_wanted else (bad, effect)
            yield Finding(code, does, given=given, wanted=names, is_of_today=True)


def _of_rules(telling: Telling) -> Iterator[Finding]:
    for rule in telling.rules:
        effect = Effect.HOLDS if rule.action == "silence" else Effect.NOTES
        yield Finding(Code(f"rule_{rule.action}"), effect, rule=rule, is_of_today=True)


def _of_channels(facts: Facts, telling: Telling) -> Iterator[Finding]:
    if facts.ways:
        return
    if telling.is_inbox_only:
        yield Finding(Code.INBOX_ONLY, Effect.NOTES)
    elif not facts.person.has_channels:
        yield Finding(Code.NO_CHANNEL, Effect.NOTES, is_of_today=True)
