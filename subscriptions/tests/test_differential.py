"""The index finds what looking at every query finds: nothing more, nothing less."""

import os
from itertools import islice

import pytest

from news.tests.factories import make_source, make_topic
from newsnotify.lib.fields import digest
from subscriptions import query_index
from subscriptions.frequencies import Frequencies
from subscriptions.keywords import Node
from subscriptions.models import KeywordAnchor, KeywordQuery
from subscriptions.tests.keywords.naive import Chance, Reading

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]
IS_LONG = os.environ.get("FUZZ") == "1"
QUERIES, STORIES = (10_000, 2_000) if IS_LONG else (1_000, 500)
BATCH = 20


def store(number: int, node: Node, scope: tuple[int | None, int | None]) -> KeywordQuery:
    topic, source = scope
    return KeywordQuery(
        pk=number,
        key=digest(str(number)),
        text=node.canonical,
        program=node.program,
        topic_id=topic,
        source_id=source,
    )


@pytest.mark.parametrize("seed", range(5) if IS_LONG else [1])
def test_index_finds_exactly_what_every_query_evaluated_by_itself_finds(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Chance(seed)
    stories = [chance.story() for _ in range(STORIES)]
    sample = stories[:50] if seed % 2 else []
    known = Frequencies.of((each.title, each.message) for each in sample)
    monkeypatch.setattr(query_index, "frequencies", lambda: known)
    topics, sources = [make_topic() for _ in range(3)], [make_source() for _ in range(3)]
    nodes = list(islice(chance.queries(), QUERIES))
    scopes = [(chance.scope(), chance.scope()) for _ in nodes]
    rows = [
        store(
            number,
            node,
            (
                None if topic is None else topics[topic].pk,
                None if source is None else sources[source].pk,
            ),
        )
        for number, (node, (topic, source)) in enumerate(zip(nodes, scopes, strict=True), 1)
    ]
    KeywordQuery.objects.bulk_create(rows, 500)
    KeywordAnchor.objects.bulk_create(
        (
            anchor
            for row, node in zip(rows, nodes, strict=True)
            for anchor in query_index.anchors_of(row, node)
        ),
        500,
    )
    matched = 0
    for start in range(0, STORIES, BATCH):
        some = stories[start : start + BATCH]
        found = query_index.find(
            [
                each.news._replace(
                    topic_id=topics[each.topic].pk, source_id=sources[each.source].pk
                )
                for each in some
            ]
        )
        for story, ids in zip(some, found, strict=True):
            reading = Reading(story)
            expected = [
                number
                for number, (node, (topic, source)) in enumerate(zip(nodes, scopes, strict=True), 1)
                if topic in (None, story.topic)
                and source in (None, story.source)
                and reading.has(node)
            ]
            assert ids == expected, story
            matched += len(ids)
    assert matched > STORIES * QUERIES / 1_000  # else it compares nothing with nothing
