"""The index finds what looking at every query finds: nothing more, nothing less."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import pytest

from news.tests.factories import make_source, make_topic
from newsnotify.lib.fields import digest
from subscriptions import query_index
from subscriptions.frequencies import Frequencies
from subscriptions.keywords import Node
from subscriptions.models import KeywordAnchor, KeywordQuery
from subscriptions.query_index import News
from subscriptions.tests.keywords.naive import Chance, Reading, Story

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]
IS_LONG = os.environ.get("FUZZ") == "1"
QUERIES, STORIES = (10_000, 2_000) if IS_LONG else (1_000, 500)
BATCH = 20


@dataclass(frozen=True)
class Asked:
    """A query, and the numbers of the topic and the source it looks in."""

    node: Node
    topic: int | None
    source: int | None

    def is_met_by(self, story: Story, reading: Reading) -> bool:
        return (
            self.topic in (None, story.topic)
            and self.source in (None, story.source)
            and reading.has(self.node)
        )


class Places:
    """Topics and sources by their numbers."""

    def __init__(self) -> None:
        self._topics = [make_topic().pk for _ in range(3)]
        self._sources = [make_source().pk for _ in range(3)]

    def row(self, number: int, asked: Asked) -> KeywordQuery:
        return KeywordQuery(
            pk=number,
            key=digest(str(number)),
            text=asked.node.canonical,
            program=asked.node.program,
            topic_id=None if asked.topic is None else self._topics[asked.topic],
            source_id=None if asked.source is None else self._sources[asked.source],
        )

    def news(self, story: Story) -> News:
        topic, source = self._topics[story.topic], self._sources[story.source]
        return story.news._replace(topic_id=topic, source_id=source)


def store(places: Places, asked: list[Asked]) -> None:
    rows = [places.row(number, each) for number, each in enumerate(asked, 1)]
    KeywordQuery.objects.bulk_create(rows, 500)
    KeywordAnchor.objects.bulk_create(
        (
            anchor
            for row, each in zip(rows, asked, strict=True)
            for anchor in query_index.anchors_of(row, each.node)
        ),
        500,
    )


def found_by_index(places: Places, stories: list[Story]) -> Iterator[tuple[Story, list[int]]]:
    for start in range(0, len(stories), BATCH):
        some = stories[start : start + BATCH]
        yield from zip(some, query_index.find(list(map(places.news, some))), strict=True)


@pytest.mark.parametrize("seed", range(3) if IS_LONG else [1])
def test_index_finds_exactly_what_every_query_evaluated_by_itself_finds(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, places, matched = Chance(seed), Places(), 0
    stories = [chance.story() for _ in range(STORIES)]
    sample = stories[:50] if seed % 2 else []
    known = Frequencies.of((each.title, each.message) for each in sample)
    monkeypatch.setattr(query_index, "frequencies", lambda: known)
    nodes = islice(chance.queries(), QUERIES)
    asked = [Asked(node, chance.scope(), chance.scope()) for node in nodes]
    store(places, asked)
    for story, ids in found_by_index(places, stories):
        reading = Reading(story)
        met = [number for number, each in enumerate(asked, 1) if each.is_met_by(story, reading)]
        assert ids == met, story
        matched += len(met)
    assert matched > STORIES * QUERIES / 1_000  # else it compares nothing with nothing
