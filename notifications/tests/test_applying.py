"""Rules applied to what was told before, and taken back; over HTTP, as devices see it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import client_of, make_user
from news.tests.factories import NOW, make_source, make_topic
from notifications import applying, services
from notifications.applying import apply_rule, undo
from notifications.models import Inbox, Notification, Place, RuleApplication
from notifications.tests.factories import tell
from subscriptions.models import KeywordQuery, Rule
from subscriptions.rules import make_rule
from subscriptions.services import follow_query

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
PATH = "/api/v1/rules"


@pytest.fixture
def ann() -> User:
    return make_user()


@pytest.fixture
def client(ann: User) -> APIClient:
    return client_of(ann)


def rule_of(user: User, action: str, query: str = "moon", **scope: Any) -> Rule:
    return make_rule(user=user, query=query, action=action, **scope)[0]


def standing(user: User) -> list[tuple[Any, ...]]:
    rows = Notification.objects.filter(user=user).select_related("event").order_by("pk")
    return [(row.event.title, row.is_unread, Place(row.place).name, row.priority) for row in rows]


def inbox(user: User) -> tuple[int, int]:
    return Inbox.objects.values_list("revision", "unread").get(user=user)


@pytest.fixture
def told(ann: User) -> dict[str, Notification]:
    """Tell of four things: two about the moon, one of them read, one put away."""
    boats = make_topic("boats")
    rows = {
        "Moon one": tell(ann, title="Moon one"),
        "Moon two": tell(ann, title="Two", message="The MOON.", topic=boats, priority="high"),
        "Sun": tell(ann, title="Sun"),
        "Moon away": tell(ann, title="Moon away"),
    }
    services.mark_read(user=ann, now=NOW, ids=[rows["Moon two"].pk])
    services.archive(user=ann, ids=[rows["Moon away"].pk])
    return rows


CHANGED = {
    "read": {
        "Moon one": ("Moon one", False, "INBOX", "medium"),
        "Moon away": ("Moon away", False, "ARCHIVED", "medium"),
    },
    "silence": {
        "Moon one": ("Moon one", True, "ARCHIVED", "medium"),
        "Moon two": ("Two", False, "ARCHIVED", "high"),
    },
    "raise": {
        "Moon one": ("Moon one", True, "INBOX", "high"),
        "Moon two": ("Two", False, "INBOX", "critical"),
        "Moon away": ("Moon away", True, "ARCHIVED", "high"),
    },
    "lower": {
        "Moon one": ("Moon one", True, "INBOX", "low"),
        "Moon two": ("Two", False, "INBOX", "medium"),
        "Moon away": ("Moon away", True, "ARCHIVED", "low"),
    },
}


@pytest.mark.parametrize("action", CHANGED)
def test_rule_is_applied_to_what_was_told_and_taken_back(
    ann: User, told: dict[str, Notification], action: str
) -> None:
    before, (revision, unread) = standing(ann), inbox(ann)
    rule = rule_of(ann, action)
    expected = dict(zip(told, before, strict=True)) | CHANGED[action]
    assert len(apply_rule(rule=rule, now=LATER).changes) == len(CHANGED[action])
    assert standing(ann) == list(expected.values())
    assert inbox(ann)[1] == sum(one[1] for one in standing(ann) if one[2] == "INBOX")
    changed = Notification.objects.filter(user=ann, revision__gt=revision)
    assert {row.pk for row in changed} == {told[name].pk for name in CHANGED[action]}
    assert len(apply_rule(rule=rule, now=LATER).changes) == 0  # it is as it should be

    assert undo(rule=rule, now=LATER) == len(CHANGED[action])
    assert (standing(ann), inbox(ann)[1]) == (before, unread)
    assert undo(rule=rule, now=LATER) == 0


@pytest.mark.parametrize("action", CHANGED)
def test_undo_leaves_alone_what_was_changed_since(
    ann: User, told: dict[str, Notification], action: str
) -> None:
    rule = rule_of(ann, action)
    apply_rule(rule=rule, now=LATER)
    pk = told["Moon one"].pk
    services.mark_read(user=ann, now=LATER, ids=[pk], read=False)
    services.mark_read(user=ann, now=LATER + timedelta(hours=1), ids=[pk])
    services.archive(user=ann, ids=[pk], archived=False)
    services.prioritise(user=ann, ids=[pk], rank=None)
    after = Notification.objects.get(pk=pk)
    undo(rule=rule, now=LATER)
    now = Notification.objects.get(pk=pk)
    assert (now.is_unread, now.place, now.own_priority, now.read_at) == (
        after.is_unread, after.place, after.own_priority, after.read_at,
    )  # fmt: skip


def test_rule_applies_to_its_owner_s_and_its_place_and_to_nothing_addressed(ann: User) -> None:
    boats = make_topic("boats")
    source = make_source(topic=boats)
    other = make_user()
    for user in (ann, other):
        tell(user, title="Moon one")
    tell(ann, title="Moon two", topic=boats, source=source)
    tell(ann, title="Moon to you", is_addressed=True, audience={"roles": [ann.role]})
    assert len(apply_rule(rule=rule_of(ann, "read", topic=boats), now=NOW).changes) == 1
    assert len(apply_rule(rule=rule_of(ann, "silence", source=source), now=NOW).changes) == 1
    assert len(apply_rule(rule=rule_of(ann, "read"), now=NOW).changes) == 1
    theirs = Notification.objects.filter(user=other, is_unread=True)
    assert set(theirs.values_list("event__title", flat=True)) >= {"Moon one"}
    assert Notification.objects.get(user=ann, event__title="Moon to you").is_unread


def test_rule_looks_at_the_newest_and_says_so_when_there_are_many(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "MOST", 2)
    monkeypatch.setattr(applying, "KEEP", 1)
    for number in range(3):
        tell(ann, title=f"Moon {number}")
    rule = rule_of(ann, "read")
    done = apply_rule(rule=rule, now=NOW)
    assert (len(done.changes), done.looked_at, done.is_complete) == (2, 2, False)
    done = apply_rule(rule=rule, now=NOW)
    assert (len(done.changes), done.looked_at, done.is_complete) == (1, 1, True)
    assert RuleApplication.objects.count() == 1


def test_rules_are_made_changed_applied_and_removed_over_http(ann: User, client: APIClient) -> None:
    tell(ann, title="Moon")
    body = {"query": "MOON -sun", "action": "read"}
    made = client.post(PATH, body)
    shown = made.json()
    assert made.status_code == 201
    assert {name: shown[name] for name in ("query", "action", "paused", "topic", "source")} == {
        "query": "MOON -sun", "action": "read", "paused": False, "topic": None, "source": None,
    }  # fmt: skip
    again = client.post(PATH, {**body, "query": "moon  -SUN"})
    assert (again.status_code, again.json()) == (200, shown)
    one = f"{PATH}/{shown['id']}"
    assert client.get(one).json() == client.get(PATH).json()["results"][0] == shown

    cursor = client.get("/api/v1/notifications").json()["results"][0]["cursor"]
    applied = {"count": 1, "looked_at": 1, "is_complete": True}
    assert client.post(f"{one}/apply").json() == applied
    assert client.get("/api/v1/notifications/counts").json() == {"unread": 0}
    changed = client.get("/api/v1/notifications").json()["results"][0]
    assert (changed["read"], changed["cursor"] != cursor) == (True, True)
    assert client.post(f"{one}/undo").json() == {"count": 1}
    assert client.get("/api/v1/notifications/counts").json() == {"unread": 1}

    raised = client.patch(one, {"action": "raise", "query": "moon", "paused": True}).json()
    assert (raised["action"], raised["query"], raised["paused"]) == ("raise", "moon", True)
    client.post(f"{one}/apply")
    assert client.get("/api/v1/notifications?priority=high").json()["count"] == 1
    assert client.get("/api/v1/notifications?priority=medium").json()["count"] == 0
    assert client.get("/api/v1/notifications").json()["results"][0]["priority"] == "high"
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404
    assert not KeywordQuery.objects.exists()


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({}, "query", "required"),
        ({"query": "moon"}, "action", "required"),
        ({"query": "moon", "action": "explode"}, "action", "explode"),
        ({"query": "(moon", "action": "read"}, "query", "At character 1: This bracket"),
        ({"query": "moon", "action": "read", "topic": "none"}, "topic", "none"),
        ({"query": "moon", "action": "read", "source": 10**30}, "source", "pk"),
        ({"query": "moon", "action": "read", "paused": "?"}, "paused", "boolean"),
    ],
)
def test_rule_is_refused_with_a_reason_when_something_is_wrong(
    client: APIClient, body: dict[str, Any], field: str, said: str
) -> None:
    answer = client.post(PATH, body)
    assert (answer.status_code, field in answer.json()) == (400, True), answer.json()
    assert said in answer.json()[field][0]
    assert not Rule.objects.exists()


def test_rule_cannot_become_one_that_is_there(ann: User, client: APIClient) -> None:
    rule_of(ann, "read")
    other = rule_of(ann, "read", "sun")
    answer = client.patch(f"{PATH}/{other.pk}", {"query": "Moon"})
    assert answer.json() == {"query": ["You have this rule already."]}
    assert KeywordQuery.objects.count() == 2


def test_query_stays_while_a_rule_or_a_subscription_asks_it(ann: User, client: APIClient) -> None:
    followed, _ = follow_query(user=ann, query="moon")
    rule = rule_of(make_user(), "read")
    client.delete(f"/api/v1/subscriptions/{followed.pk}")
    assert KeywordQuery.objects.count() == 1
    client_of(rule.user).delete(f"{PATH}/{rule.pk}")
    assert not KeywordQuery.objects.exists()


def test_rule_is_applied_and_taken_back_on_the_page(ann: User) -> None:
    tell(ann, title="Moon")
    path = f"/rules/{rule_of(ann, 'read').pk}/apply"
    browser = Client()
    browser.force_login(ann)
    said = []
    for form in ({}, {}, {"undo": "1"}, {"undo": "1"}):
        page = browser.post(path, form, follow=True).content.decode()
        said.append((re.search(r'class="success">([^<]*)', page)[1], 'name="undo"' in page))  # type: ignore[index]
    assert said == [
        ("1 notification changed.", True),
        ("There was nothing to change.", True),
        ("1 notification put back.", False),
        ("There was nothing to change.", False),
    ]
