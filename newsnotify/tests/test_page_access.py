"""Every page and everybody who may come."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import LazySettings
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.timezone import now

from accounts import links, sign_ins
from accounts.links import Kind
from accounts.models import Role, User
from accounts.sign_ins import Origin
from accounts.tests.factories import make_passkey, make_user
from news.tests.factories import make_article, make_source, make_topic
from notifications import channels, proofs, unsubscribing
from notifications.tests.factories import tell

pytestmark = pytest.mark.django_db

OPEN, NEWS, SIGNED_IN, OWN = "open", "open while the house is", "signed in", "its owner's"
PAGES = {
    "": OPEN,
    "status": OPEN,
    "account/signup": OPEN,
    "account/login": OPEN,
    "account/logout": OPEN,
    "account/password": OPEN,
    "account/password/reset?token={reset_token}": OPEN,
    "account/verify?token={verify_token}": OPEN,
    "channels/verify?token={channel_token}": OPEN,
    "channels/stop?token={stop_token}": OPEN,
    "articles": NEWS,
    "articles/{article}": NEWS,
    "articles/{article}/changes": NEWS,
    "topics": NEWS,
    "sources": NEWS,
    "sources/{source}": NEWS,
    "inbox": SIGNED_IN,
    "inbox/read": SIGNED_IN,
    "inbox/sent": SIGNED_IN,
    "subscriptions": SIGNED_IN,
    "subscriptions/preview": SIGNED_IN,
    "subscriptions/import": SIGNED_IN,
    "subscriptions/export": SIGNED_IN,
    "subscriptions/unfollow": SIGNED_IN,
    "subscriptions/{subscription}": SIGNED_IN,
    "rules/{rule}": SIGNED_IN,
    "rules/{rule}/apply": SIGNED_IN,
    "topics/{topic}/follow": SIGNED_IN,
    "sources/{source}/follow": SIGNED_IN,
    "settings": SIGNED_IN,
    "settings/profile": SIGNED_IN,
    "settings/preferences": SIGNED_IN,
    "settings/security": SIGNED_IN,
    "settings/security/password": SIGNED_IN,
    "settings/security/email": SIGNED_IN,
    "settings/security/verify": SIGNED_IN,
    "settings/security/sign-ins/end": SIGNED_IN,
    "settings/security/sign-ins/{sign_in}/end": SIGNED_IN,
    "settings/channels": SIGNED_IN,
    **{
        f"settings/channels/{{channel}}/{name}": SIGNED_IN
        for name in ("verify", "ask", "test", "switch", "secret", "remove")
    },
    "settings/security/app": SIGNED_IN,
    "settings/security/passkeys": SIGNED_IN,
    "settings/security/passkeys/{passkey}": OWN,
    "settings/security/recovery-codes": SIGNED_IN,
    "settings/export": SIGNED_IN,
    "settings/delete": SIGNED_IN,
    "inbox/{notification}": OWN,
    "inbox/{notification}/why": OWN,
    "articles/{article}/why": SIGNED_IN,
}
# Answered ahead of everything that looks for a person, for programs, or a step on a way in.
OTHER_ROUTES = {
    "livez", "readyz", "metrics", "api/v1", "api/v1/{}",
    "webhooks/email/{}", "account/second-step", "api/v1/auth/login", "api/v1/auth/callback",
}  # fmt: skip


@dataclass(frozen=True)
class World:
    rows: dict[str, Any]
    reader: User

    def get(self, page: str, user: User | None) -> Any:
        client = Client()
        if user:
            client.force_login(user)
        return client.get("/" + page.format(**self.rows))


@pytest.fixture
def world() -> World:
    reader, other, topic = make_user(), make_user(), make_topic()
    source = make_source(topic=topic)
    channel, _ = channels.add(user=reader, kind="email", given={"address": "a@b.org"}, now=now())
    link = urlsplit(proofs.question_of(channel.proof).link)
    rows = {
        "channel": channel.pk,
        "channel_token": dict(parse_qsl(link.query))["token"],
        "stop_token": dict(parse_qsl(urlsplit(unsubscribing.link(channel)).query))["token"],
        "article": make_article(source).pk,
        "topic": topic.slug,
        "source": source.pk,
        "subscription": 1,
        "rule": 1,
        "sign_in": sign_ins.begin(user=reader, origin=Origin()).pk,
        "passkey": make_passkey(reader).pk,
        "verify_token": links.token(Kind.VERIFY, other),
        "reset_token": links.token(Kind.RESET_PASSWORD, other),
        "notification": tell(reader, topic=topic, url="https://a.example/x").pk,
    }
    return World(rows, reader)


def is_sent_to_sign_in(response: HttpResponse) -> bool:
    return response.headers.get("Location", "").startswith("/account/login")


@pytest.mark.parametrize(("page", "kind"), PAGES.items())
@pytest.mark.parametrize("is_house_closed", [False, True])
def test_page_is_shown_to_those_it_is_for(
    world: World, settings: LazySettings, page: str, kind: str, is_house_closed: bool
) -> None:
    settings.REQUIRE_LOGIN = is_house_closed
    is_for_all = kind == OPEN or (kind == NEWS and not is_house_closed)
    assert is_sent_to_sign_in(world.get(page, None)) is not is_for_all
    others = [make_user(role=role) for role in Role]
    for user in (world.reader, *others):
        response = world.get(page, user)
        assert not is_sent_to_sign_in(response)
        code = 404 if kind == OWN and user != world.reader else response.status_code
        assert response.status_code == code
        assert code == 404 or code < 400


def routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if path.startswith("admin/"):
            continue
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern) and not hasattr(pattern.callback, "cls"):
            yield re.sub(r"<[^>]*>", "{}", path)


def test_every_page_stands_in_the_table() -> None:
    paths = {page.partition("?")[0] for page in PAGES}
    listed = {re.sub(r"\{\w+\}", "{}", path) for path in paths} | OTHER_ROUTES
    assert set(routes(get_resolver().url_patterns)) == listed


@pytest.mark.parametrize("role", [None, Role.READER, Role.EDITOR])
def test_admin_s_pages_are_for_admins(role: Role | None) -> None:
    client = Client()
    if role:
        client.force_login(make_user(role=role))
    lists = [
        f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist" for m in admin.site._registry
    ]
    for name in ("admin:index", *lists):
        assert client.get(reverse(name)).status_code == 302


def test_admin_by_role_alone_may_use_the_admin(client: Client) -> None:
    client.force_login(make_user(role=Role.ADMIN))
    assert client.get(reverse("admin:accounts_auditrecord_changelist")).status_code == 200
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 200


def test_fragment_leads_the_whole_page_to_sign_in(world: World, client: Client) -> None:
    path = f"/topics/{world.rows['topic']}/follow"
    response = client.post(path, headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"].startswith("/account/login")
