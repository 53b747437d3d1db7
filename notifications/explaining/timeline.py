"""What happened when, as far as rows know it; knows only data."""

from collections.abc import Iterator

from notifications.explaining.facts import Facts
from notifications.explaining.findings import Moment, Step


def moments(facts: Facts) -> list[Moment]:
    """List what happened to the news on its way to a person, oldest first."""
    found = [*_of_news(facts), *_of_telling(facts)]
    for way in facts.ways:
        found += [Moment(t.at, Step.ATTEMPT, way=way, result=t.result) for t in way.tries]
    return sorted(found, key=lambda moment: moment.at)


def _of_news(facts: Facts) -> Iterator[Moment]:
    origin, telling = facts.origin, facts.telling
    if origin and origin.published_at:
        yield Moment(origin.published_at, Step.PUBLISHED, origin.source)
    if origin:
        yield Moment(origin.first_seen_at, Step.SEEN, origin.source)
    if telling is None:
        return
    yield Moment(telling.created_at, Step.ACCEPTED, telling.producer)
    if telling.release_time > telling.created_at:
        is_ahead = telling.release_time > facts.now
        yield Moment(telling.release_time, Step.RELEASED, is_ahead=is_ahead)
    if telling.withdrawn_at:
        yield Moment(telling.withdrawn_at, Step.WITHDRAWN)


def _of_telling(facts: Facts) -> Iterator[Moment]:
    telling, told = facts.telling, facts.told
    if told and not told.is_pending:
        yield Moment(told.created_at, Step.TOLD)
        if told.read_at:
            yield Moment(told.read_at, Step.READ)
    is_his_alone = telling and telling.is_to_him and not telling.role
    if telling and telling.fanned_out_at and not (telling.withdrawn_at or is_his_alone):
        yield Moment(telling.fanned_out_at, Step.TOLD_ALL)
