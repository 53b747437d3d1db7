"""Subscriptions of kind keyword, how any of them can be changed, and many at once."""

from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import client_of, make_user
from news.tests.factories import make_source, make_topic
from subscriptions.models import KeywordAnchor, KeywordQuery, Subscription
from subscriptions.tests.factories import make_subscription

pytestmark = pytest.mark.django_db
PATH = "/api/v1/subscriptions"
LATER = "2026-12-01T10:00:00Z"


@pytest.fixture
def ann() -> User:
    return make_user()


@pytest.fixture
def client(ann: User) -> APIClient:
    return client_of(ann)


def posted(client: APIClient, status: int = 201, **body: Any) -> dict[str, Any]:
    answer = client.post(PATH, body)
    assert answer.status_code == status, answer.content
    shown: dict[str, Any] = answer.json()
    return shown


def test_query_is_followed_once_when_the_same_is_asked_in_other_words(client: APIClient) -> None:
    shown = posted(client, kind="keyword", query="Éclair -Pie", min_priority="high")
    assert shown["query"] == "Éclair -Pie"
    assert (shown["kind"], shown["topic"], shown["source"]) == ("keyword", None, None)
    assert (shown["min_priority"], shown["muted_until"], shown["paused"]) == ("high", None, False)
    assert posted(client, 200, kind="keyword", query="-pie  eclair", min_priority="low") == shown
    assert client.get(f"{PATH}/{shown['id']}").json() == shown


def test_query_is_one_row_for_all_who_ask_the_same_in_the_same_place(client: APIClient) -> None:
    tech, source = make_topic("own"), make_source(topic=make_topic())
    posted(client_of(make_user()), kind="keyword", query="apple")
    posted(client, kind="keyword", query="apple")
    assert KeywordQuery.objects.count() == 1
    by_topic = posted(client, kind="keyword", query="apple", topic=tech.slug)
    by_source = posted(client, kind="keyword", query="apple", source=source.pk)
    assert (by_topic["topic"], by_topic["source"]) == ("own", None)
    assert (by_source["topic"], by_source["source"]) == (None, source.pk)
    assert KeywordQuery.objects.count() == 3
    listed = client.get(PATH).json()["results"]
    assert listed[:2] == [by_source, by_topic]


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({}, "query", "Give `query` with kind keyword."),
        ({"query": ""}, "query", "may not be blank"),
        ({"query": "apple (pie"}, "query", "At character 7: This bracket is not closed"),
        ({"query": "-apple"}, "query", "At character 1: This would match nearly everything"),
        ({"query": "x" * 501}, "query", "500"),
        ({"query": ["apple"]}, "query", "string"),
        ({"query": "app\0le"}, "query", "Null characters"),
        ({"query": "apple", "topic": "nonsense"}, "topic", "nonsense"),
        ({"query": "apple", "url": "https://example.org/"}, "query", "Give"),
        ({"query": "apple", "min_priority": "urgent"}, "min_priority", "urgent"),
        ({"query": "apple", "min_priority": ["low"]}, "min_priority", "low"),
        ({"query": "apple", "muted_until": "tomorrow"}, "muted_until", "format"),
        ({"query": "apple", "paused": "perhaps"}, "paused", "boolean"),
    ],
)
def test_query_is_refused_with_a_reason_when_something_is_wrong(
    client: APIClient, body: dict[str, Any], field: str, said: str
) -> None:
    answer = client.post(PATH, {"kind": "keyword", **body})
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert said in answer.json()[field][0]
    assert not KeywordQuery.objects.exists()


def test_subscription_of_any_kind_can_be_muted_paused_and_limited(
    client: APIClient, ann: User
) -> None:
    rows = [make_subscription(ann, make_topic()), make_subscription(ann, make_source())]
    ids = [row.pk for row in rows] + [posted(client, kind="keyword", query="apple")["id"]]
    for pk in ids:
        before = client.get(f"{PATH}/{pk}").json()
        changes = {"min_priority": "high", "muted_until": LATER, "paused": True}
        for name, value in changes.items():
            answer = client.patch(f"{PATH}/{pk}", {name: value})
            assert (answer.status_code, answer.json()[name]) == (200, value)
        assert client.get(f"{PATH}/{pk}").json() == {**before, **changes}
        assert client.patch(f"{PATH}/{pk}", {"muted_until": None}).json()["muted_until"] is None
        assert client.patch(f"{PATH}/{pk}", {"min_priority": "x"}).status_code == 400
    assert client.patch(f"{PATH}/{ids[0]}", {"query": "apple"}).status_code == 400
    assert client_of(make_user()).patch(f"{PATH}/{ids[0]}", {"paused": False}).status_code == 404


def test_query_can_be_changed_and_leaves_nothing_behind(client: APIClient) -> None:
    tech = make_topic("own")
    row = posted(client, kind="keyword", query="apple", topic=tech.slug)
    other = posted(client, kind="keyword", query="pear", topic=tech.slug)
    changed = client.patch(f"{PATH}/{row['id']}", {"query": "Plum OR cherry"})
    assert changed.json() == {**row, "query": "Plum OR cherry"}
    assert set(KeywordQuery.objects.values_list("text", flat=True)) == {"(cherry OR plum)", "pear"}
    again = client.patch(f"{PATH}/{row['id']}", {"query": "pear"})
    assert (again.status_code, again.json()) == (
        400,
        {"query": ["You follow this query already."]},
    )
    assert client.patch(f"{PATH}/{row['id']}", {"query": "(pear"}).status_code == 400
    for each in (row, other):
        assert client.delete(f"{PATH}/{each['id']}").status_code == 204
    assert not KeywordQuery.objects.exists()
    assert not KeywordAnchor.objects.exists()


def test_query_stays_when_somebody_else_asks_it(client: APIClient) -> None:
    posted(client_of(make_user()), kind="keyword", query="apple")
    row = posted(client, kind="keyword", query="apple")
    client.delete(f"{PATH}/{row['id']}")
    assert KeywordQuery.objects.get().subscriptions.count() == 1


def test_bulk_follows_and_unfollows_all_or_nothing(client: APIClient, ann: User) -> None:
    topic, source = make_topic("own"), make_source(topic=make_topic())
    old = make_subscription(ann, topic)
    foreign = make_subscription(make_user(), topic)
    wishes = [
        {"kind": "topic", "topic": "tech"},
        {"kind": "source", "source": source.pk, "paused": True},
        {"kind": "keyword", "query": "apple", "min_priority": "critical"},
        {"kind": "keyword", "query": "APPLE"},
    ]
    body = {"follow": wishes, "unfollow": [old.pk, foreign.pk, 10**12]}
    answer = client.post(f"{PATH}/bulk", body)
    shown = answer.json()
    counts = (shown["added"], shown["existing"], shown["removed"])
    assert (answer.status_code, counts) == (200, (3, 1, 1))
    assert [row["kind"] for row in shown["results"]] == ["topic", "source", "keyword", "keyword"]
    assert shown["results"][2] == shown["results"][3]
    assert set(ann.subscriptions.values_list("pk", flat=True)) == {
        row["id"] for row in shown["results"]
    }
    assert Subscription.objects.filter(pk=foreign.pk).exists()
    refused = client.post(
        f"{PATH}/bulk",
        {"unfollow": [shown["results"][0]["id"]], "follow": [{"kind": "keyword", "query": "(a"}]},
    )
    assert (refused.status_code, list(refused.json())) == (400, ["follow"])
    assert ann.subscriptions.count() == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"follow": [{"kind": "source", "url": "https://example.org/"}]}, "follow"),
        ({"follow": [{"kind": "topic"}]}, "follow"),
        ({"follow": "all"}, "follow"),
        ({"unfollow": ["x"]}, "unfollow"),
        ({"unfollow": [10**25]}, "unfollow"),
        ({"follow": [{"kind": "topic", "topic": "tech"}] * 201}, "follow"),
    ],
)
def test_bulk_is_refused_when_something_is_wrong(
    client: APIClient, body: dict[str, Any], field: str
) -> None:
    answer = client.post(f"{PATH}/bulk", body)
    assert (answer.status_code, list(answer.json())) == (400, [field])
    assert not Subscription.objects.exists()


def test_list_costs_the_same_number_of_queries_however_long(
    client: APIClient, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        posted(client, kind="keyword", query=f"apple {number}", topic="tech")
    with django_assert_max_num_queries(4) as found:
        assert client.get(PATH).json()["count"] == 6
    assert isinstance(found, CaptureQueriesContext)
