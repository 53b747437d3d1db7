"""Taking everything along, and leaving nothing behind, whatever models there are."""

import json
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import EmailField, Model
from django.test import Client
from django.urls import reverse

from accounts import credentials, keys, mailing, tokens
from accounts.audit import By
from accounts.models import (
    ApiKey,
    AuditRecord,
    Identity,
    OutgoingMail,
    Passkey,
    Role,
    Totp,
    User,
)
from accounts.second_factor import services
from accounts.tests.factories import PASSWORD, client_of, make_user
from news.models import Article, Source
from news.tests.factories import NOW, make_article, make_source, make_topic
from newsnotify import membership
from newsnotify.belongings import PARTS
from newsnotify.lib.fields import digest
from notifications.models import Channel, Event, Notification, Replay
from notifications.posting import Audience, Producer, notify, post_event
from notifications.tests.factories import make_event
from subscriptions.models import Subscription
from subscriptions.preferences import set_preferences
from subscriptions.rules import make_rule
from subscriptions.services import follow_source, follow_topic

pytestmark = pytest.mark.django_db
NAME, EMAIL, SECRET = "Annabel Unmistakable", "ann@example.org", "token-of-ann"


@pytest.fixture
def bob() -> User:
    return make_user("bob@example.org")


@pytest.fixture
def ann(bob: User) -> User:
    """Somebody who has a row in every table that people may have one in."""
    ann = make_user(EMAIL, name=NAME, role=Role.ADMIN)
    make_user(role=Role.ADMIN)
    follow(ann, bob)
    tokens.sign_in(ann)
    keys.issue(name="of the house", scopes=[], by=By(ann))
    credentials.ask_email_change(user=ann, current=PASSWORD, email="new-ann@example.org")
    mailing.post(OutgoingMail.Kind.RESET_PASSWORD, EMAIL)
    make_rule(user=ann, query="For two", action="raise")
    set_preferences(user=ann, changes={"category": ["alert"], "priority": ["high"]})
    Channel.objects.create(user=ann, kind="mock", address=EMAIL, verified_at=NOW)
    tell(ann, bob)
    show_more_than_a_password(ann)
    him = {"content_type": ContentType.objects.get_for_model(User), "object_id": str(ann.pk)}
    for actor, about in ((ann, "bob"), (bob, EMAIL)):
        LogEntry.objects.create(user=actor, object_repr=about, action_flag=CHANGE, **him)
    return ann


def show_more_than_a_password(ann: User) -> None:
    services.begin_app(ann)
    services.make_recovery_codes(ann, by=By(ann))
    Passkey.objects.create(user=ann, name=f"phone of {NAME}", key=digest(NAME), credential=b"x")
    Identity.objects.create(user=ann, issuer="https://i.example", subject=EMAIL, key=digest(EMAIL))


def follow(ann: User, bob: User) -> None:
    topic = make_topic()
    make_article(make_source(topic=topic))
    follow_topic(user=ann, topic=topic)
    private = f"https://feeds.example.org/ann?key={SECRET}"
    shared = "https://feeds.example.org/shared?key=1"
    sources = [make_source(url, topic=None, is_brought=True) for url in (private, shared)]
    for source in sources:
        make_article(source)
        follow_source(user=ann, source=source)
    follow_source(user=bob, source=sources[1])


def tell(ann: User, bob: User) -> None:
    """Tell her alone, her and Bob, and everybody; and have her tell Bob."""
    fields = {"title": f"For {NAME}", "message": f"{EMAIL}, hello"}
    row = notify(producer=Producer(), user=ann, fields=fields, now=NOW)
    answer = {"user_id": ann.pk, "message": fields["message"], "id": row.pk}
    Replay.objects.create(key=digest("1"), body=digest(""), status_code=201, answer=answer)
    both = Audience([ann, bob])
    shared = {"title": "For two", "message": "hello"}
    post_event(producer=Producer(user=ann), fields=shared, audience=both, now=NOW)
    event = make_event(title="For all")
    for number, user in enumerate((ann, bob), 2):
        Notification.objects.create(
            user=user, event=event, revision=number, created_revision=number
        )


def models_about_people() -> Iterator[type[Model]]:
    for model in apps.get_models():
        fields = model._meta.get_fields()
        refers = any(field.related_model is User and field.concrete for field in fields)
        has_address = any(isinstance(field, EmailField) for field in fields)
        if model is User or refers or has_address:
            yield model


def test_every_model_about_people_is_part_of_the_export() -> None:
    covered = {model for part in PARTS for model in (part.model, *part.within)}
    forgotten = set(models_about_people()) - covered
    assert not forgotten, (
        f"add {forgotten} to newsnotify/belongings.py, and see to membership.leave"
    )


def test_export_has_something_of_every_part(ann: User) -> None:
    shown = membership.export(ann)
    assert list(shown) == ["exported_at", *(part.name for part in PARTS)]
    assert [name for name, value in shown.items() if not value] == []


def test_export_tells_what_is_hers_and_no_secret(ann: User) -> None:
    shown = client_of(ann).get("/api/v1/auth/me/export")
    assert shown.status_code == 200
    found = shown.json()
    assert found["account"]["email"] == EMAIL
    assert "password" not in found["account"]
    assert {row["title"] for row in found["notifications"]} == {f"For {NAME}", "For all"}
    assert {row["topic"] or row["source"] for row in found["subscriptions"]} >= {
        f"https://feeds.example.org/ann?key={SECRET}"
    }
    assert found["preferences"]["category"] == ["alert"]
    assert {row["kind"] for row in found["letters"]} == {"change_email", "reset_password"}
    assert [row["title"] for row in found["posted_events"]] == ["For two"]
    assert {row["action"] for row in found["security_events"]} >= {"signed_in", "key_made"}
    assert not {"session_key", "password_mark", "current"} & found["sign_ins"][0].keys()
    assert "argon2" not in shown.content.decode()
    assert Totp.objects.get().secret not in shown.content.decode()
    assert "md5" not in shown.content.decode()


def test_export_tells_nothing_of_others(ann: User, bob: User) -> None:
    found = json.dumps(client_of(bob).get("/api/v1/auth/me/export").json())
    assert NAME not in found
    assert EMAIL not in found
    assert SECRET not in found


def test_export_is_a_file_on_the_pages(client: Client, ann: User) -> None:
    client.force_login(ann)
    response = client.get("/settings/export")
    disposition = response.headers["Content-Disposition"]
    assert disposition == 'attachment; filename="newsnotify-export.json"'
    assert response.json()["account"]["name"] == NAME


def everything_stored() -> str:
    """Read all tables, as text."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found += [f"{table}: {row!r}" for row in cursor.fetchall()]
    return "\n".join(found)


def test_leaving_leaves_no_row_and_no_word(ann: User) -> None:
    before = everything_stored()
    words = (NAME, EMAIL, "new-ann@", SECRET)
    assert [word for word in words if word not in before] == []
    pk = ann.pk
    membership.leave(user=ann, by=By(ann))
    after = everything_stored()
    assert [word for word in words if word in after] == []
    for model in models_about_people():
        owners = [f for f in model._meta.get_fields() if f.related_model is User and f.concrete]
        for field in owners:
            assert not model._default_manager.filter(**{field.name: pk}).exists(), model


def test_whom_an_admin_deletes_leaves_as_by_himself(client: Client, ann: User) -> None:
    admin, pk = User.objects.filter(role=Role.ADMIN).exclude(pk=ann.pk).get(), ann.pk
    client.force_login(admin)
    client.get("/inbox")
    answer = client.post(reverse("admin:accounts_user_delete", args=[pk]), {"post": "yes"})
    assert answer.status_code == 302
    after = everything_stored()
    assert [word for word in (NAME, EMAIL, "new-ann@", SECRET) if word in after] == []
    record = AuditRecord.objects.get(action="account_deleted")
    assert (record.actor, record.subject, record.detail) == (admin, None, {"number": pk})


def test_who_leaves_by_himself_is_a_number_in_the_log(ann: User) -> None:
    pk = ann.pk
    assert client_of(ann).delete("/api/v1/auth/me").status_code == 204
    record = AuditRecord.objects.get(action="account_deleted")
    assert (record.actor, record.subject, record.address) == (None, None, "")
    assert record.detail == {"number": pk}


def test_leaving_takes_nothing_from_others(ann: User, bob: User) -> None:
    membership.leave(user=ann, by=By(ann))
    assert Source.objects.filter(url__contains="shared").exists()
    assert Article.objects.count() == 2
    assert Subscription.objects.filter(user=bob).count() == 1
    assert set(Event.objects.values_list("title", flat=True)) == {"For two", "For all"}
    assert Notification.objects.get().user == bob
    assert ApiKey.objects.get().created_by is None
    assert LogEntry.objects.get().object_repr.startswith("user ")


def test_sign_ins_end_with_the_account(ann: User) -> None:
    client, pair = client_of(ann), tokens.sign_in(ann)
    assert client.delete("/api/v1/auth/me").status_code == 204
    assert client.get("/api/v1/auth/me").status_code == 401
    body = {"refresh_token": pair["refresh_token"]}
    assert client_of().post("/api/v1/auth/refresh", body).status_code == 401
    assert (
        client_of().post("/api/v1/auth/token", {"email": EMAIL, "password": PASSWORD}).status_code
        == 401
    )


def test_session_ends_with_the_account(client: Client, bob: User) -> None:
    client.force_login(bob)
    client.cookies["csrftoken"] = "c" * 32
    assert client.delete("/api/v1/auth/me").status_code == 204
    assert client.get("/inbox").status_code == 302
    assert not User.objects.filter(pk=bob.pk).exists()


def test_address_is_free_for_somebody_new_when_its_owner_has_left(bob: User) -> None:
    membership.leave(user=bob, by=By(bob))
    assert make_user("bob@example.org").pk


def test_last_admin_stays(client: Client) -> None:
    last = make_user(role=Role.ADMIN)
    refused = client_of(last).delete("/api/v1/auth/me")
    assert (refused.status_code, "last admin" in refused.json()["detail"]) == (409, True)
    client.force_login(last)
    answer = client.post("/settings/delete", {"current_password": PASSWORD})
    assert (answer.status_code, "last admin" in answer.content.decode()) == (400, True)
    with pytest.raises(ValidationError):
        membership.leave(user=last, by=By(last))


def test_account_is_deleted_on_the_pages_by_who_knows_the_password(
    client: Client, bob: User
) -> None:
    client.force_login(bob)
    wrong = client.post("/settings/delete", {"current_password": "x"})
    assert (wrong.status_code, User.objects.count()) == (400, 1)
    assert 'id="id_current_password_error" role="alert">This is not' in wrong.content.decode()
    done = client.post("/settings/delete", {"current_password": PASSWORD}, follow=True)
    assert "Your account is deleted" in done.content.decode()
    assert not User.objects.exists()


def test_only_people_may_export_and_leave() -> None:
    _, key = keys.issue(name="producer", scopes=["users:write"])
    for headers in ({}, {"Authorization": f"Api-Key {key}"}):
        client = client_of()
        assert client.get("/api/v1/auth/me/export", headers=headers).status_code in {401, 403}
        assert client.delete("/api/v1/auth/me", headers=headers).status_code in {401, 403}
