"""Every page of the admin: open to admins, and cheap however long its table is."""

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import keys, mailing, tokens
from accounts.models import Heartbeat, Identity, OutgoingMail, Passkey, Role, User
from accounts.tests.factories import make_user
from news.models import Announcement, Fetch, Source
from news.tests.factories import NOW, make_article, make_revision, make_source
from newsnotify.lib.admin import CappedPaginator, LargeAdmin
from newsnotify.lib.fields import digest
from notifications.models import (
    Addressee,
    Amendment,
    Attempt,
    Carrier,
    Channel,
    DeadMessage,
    Delivery,
    Event,
    Inbox,
    Lane,
    Notification,
    Replay,
)
from notifications.tests.factories import make_event
from subscriptions.models import Preferences, PreferredCategory
from subscriptions.rules import make_rule
from subscriptions.services import follow_query, follow_source

pytestmark = pytest.mark.django_db

OURS = {"accounts", "news", "subscriptions", "notifications"}
MODELS = [model for model in admin.site._registry if model._meta.app_label in OURS]
LARGE = [model for model in MODELS if isinstance(admin.site._registry[model], LargeAdmin)]
READ_ONLY = {
    "notification",
    "delivery",
    "carrier",
    "inbox",
    "event",
    "lane",
    "signin",
    "identity",
    "passkey",
    "outgoingmail",
    "auditrecord",
    "fetch",
    "announcement",
    "revision",
    "heartbeat",
}


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_user(role=Role.ADMIN, is_superuser=True))
    return client


def furnish(count: int) -> None:
    """Put `count` rows into every table, each with users, sources and events of its own."""
    for _ in range(count):
        user, source = make_user(), make_source()
        tokens.sign_in(user)
        mailing.post(OutgoingMail.Kind.RESET_PASSWORD, str(user.email), user)
        Identity.objects.create(user=user, issuer="i", subject="s", key=digest(f"i{user.pk}"))
        Passkey.objects.create(user=user, name="phone", key=digest(f"p{user.pk}"), credential=b"x")
        article = make_article(source)
        make_revision(article)
        Fetch.objects.create(source=source, started_at=NOW, outcome="new")
        Announcement.objects.create(source=source, article=article)
        follow_source(user=user, source=source)
        follow_query(user=user, query=f"apple {user.pk}", source=source)
        make_rule(user=user, query=f"apple {user.pk}", source=source, action="read")
        event = make_event(topic=source.topic, source=source)
        Lane.objects.create(event=event)
        Inbox.objects.create(user=user)
        row = Notification.objects.create(user=user, event=event, revision=1, created_revision=1)
        preferences = Preferences.objects.create(user=user)
        PreferredCategory.objects.create(preferences=preferences, category="alert")
        channel = Channel.objects.create(user=user, kind="email", address="a@example.org")
        delivery = Delivery.objects.create(notification=row, user=user, channel=channel)
        Attempt.objects.create(delivery=delivery, result="sent")
        Carrier.objects.create(name=f"{user.pk}.example")
        Addressee.objects.create(user=user, event=event)
        Amendment.objects.create(event=event)
        DeadMessage.objects.create(stream="kafka", place=str(user.pk), body=b"", reason="not JSON")
        Replay.objects.create(key=digest(f"{user.pk}"), body=digest(""))
        keys.issue(name="tests", scopes=[])
        Heartbeat.objects.create(process=f"host:{user.pk}", beaten_at=NOW)


def page_of(model: type[Model], name: str = "changelist", *args: int) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def queries_of(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200, url
    return [query["sql"] for query in queries]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_list_costs_the_same_queries_when_it_is_longer(staff: Client, model: type[Model]) -> None:
    furnish(2)
    few = queries_of(staff, page_of(model))
    furnish(5)
    assert len(queries_of(staff, page_of(model))) <= len(few)


@pytest.mark.parametrize("model", LARGE, ids=lambda model: model._meta.model_name)
def test_list_counts_no_further_than_its_limit(staff: Client, model: type[Model]) -> None:
    furnish(1)
    for url in (page_of(model), f"{page_of(model)}?q=1"):
        counting = [sql for sql in queries_of(staff, url) if "COUNT(" in sql]
        assert counting or "q=1" in url
        assert all("LIMIT 10000" in sql for sql in counting)


@pytest.mark.parametrize("model", LARGE, ids=lambda model: model._meta.model_name)
def test_list_begins_at_no_other_table(staff: Client, model: type[Model]) -> None:
    furnish(1)
    assert not [sql for sql in queries_of(staff, page_of(model)) if "INNER JOIN" in sql]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.model_name)
def test_row_is_shown_without_listing_another_table(staff: Client, model: type[Model]) -> None:
    furnish(3)
    row = model._default_manager.order_by("-pk")[0]
    sqls = queries_of(staff, page_of(model, "change", row.pk))
    whole = re.compile(r"^SELECT (?!.*\bWHERE\b).*FROM .(?:accounts_user|news_source|\w+_event)\b")
    assert not [sql for sql in sqls if whole.match(sql)]


@pytest.mark.parametrize(
    "model", [m for m in MODELS if m._meta.model_name in READ_ONLY], ids=lambda m: m.__name__
)
def test_machinery_is_for_looking_only(staff: Client, model: type[Model]) -> None:
    furnish(1)
    row = model._default_manager.order_by("-pk")[0]
    for name, args in (("add", ()), ("delete", (row.pk,))):
        assert staff.get(page_of(model, name, *args)).status_code == 403
    page = staff.get(page_of(model, "change", row.pk)).content.decode()
    assert 'name="_save"' not in page


def test_pages_end_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("newsnotify.lib.admin.COUNT_LIMIT", 3)
    for _ in range(5):
        make_user()
    paginator = CappedPaginator(User.objects.order_by("pk"), 2)
    assert (paginator.count, paginator.num_pages) == (3, 2)


@pytest.fixture
def event() -> Event:
    return make_event(title="Water on the Moon")


def test_words_are_searched_among_the_newest_rows(
    staff: Client, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Water on the Moon" in staff.get(page_of(Event) + "?q=moon").content.decode()
    monkeypatch.setattr("newsnotify.lib.admin.SEARCHED", 1)
    make_event(title="Something else")
    assert "Water on the Moon" not in staff.get(page_of(Event) + "?q=moon").content.decode()


def test_deletion_is_asked_about_in_one_line(staff: Client) -> None:
    furnish(1)
    source = Source.objects.get()
    url = page_of(Source, "delete", source.pk)
    assert "all that belongs to them" in staff.get(url).content.decode()
    staff.post(url, {"post": "yes"})
    assert not Source.objects.exists()
