"""Signing in at a real provider, which tells the truth, and lies in every way we know of."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests
from django.conf import LazySettings
from django.core.cache import cache
from django.test import Client

from accounts.models import AuditRecord, Identity, SignIn, User
from accounts.oidc import provider, token_store
from accounts.oidc.tests.provider_site import EMAIL, PASSWORD
from accounts.oidc.tests.providers import RealProvider
from accounts.tests.factories import make_user
from newsnotify.lib.encryption import decrypt
from newsnotify.tests.processes import free_port

pytestmark = pytest.mark.django_db
PUBLIC_URL = "http://localhost:8000"
LOGIN, CALLBACK = "/api/v1/auth/login", "/api/v1/auth/callback"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvider]:
    with RealProvider(tmp_path_factory.mktemp("provider"), PUBLIC_URL) as site:
        yield site


@pytest.fixture(autouse=True)
def there(site: RealProvider, settings: LazySettings) -> Iterator[RealProvider]:
    settings.PUBLIC_URL = PUBLIC_URL
    for name, value in site.environment.items():
        setattr(settings, name, value)
    provider._provider.cache_clear()
    site.say(claims={}, mischief="")
    yield site
    provider._provider.cache_clear()


def way_there(client: Client, path: str = LOGIN) -> str:
    response = client.get(path)
    assert response.status_code == 302
    return response.headers["Location"]


def way_back(url: str) -> str:
    """Sign in at the provider, as a browser does. Returns where it leads back to."""
    with requests.Session() as browser:
        form = browser.get(url, timeout=30).url
        secrets = {"username": "ann", "password": PASSWORD}
        answer = browser.post(form, secrets, allow_redirects=False, timeout=30)
        while not (place := answer.headers["Location"]).startswith(PUBLIC_URL):
            answer = browser.get(urljoin(form, place), allow_redirects=False, timeout=30)
    return place.removeprefix(PUBLIC_URL)


def signed_in(client: Client) -> Any:
    return client.get(way_back(way_there(client)))


def who(client: Client) -> str | None:
    answer = client.get("/api/v1/auth/me")
    return answer.json()["email"] if answer.status_code == 200 else None


def refused(response: Any, words: str) -> None:
    assert response.status_code == 400
    text = re.sub(r"\s+", " ", response.content.decode())
    assert "You are not signed in" in text
    assert words in text
    assert "_auth_user_id" not in response.client.session


def test_without_a_provider_both_ways_lead_to_our_own_page(
    client: Client, settings: LazySettings
) -> None:
    settings.OIDC_ISSUER = ""
    assert way_there(client, f"{LOGIN}?next=/topics") == "/account/login?next=%2Ftopics"
    assert way_there(client, CALLBACK) == "/account/login"
    assert "Sign in with" not in client.get("/account/login").content.decode()


def test_way_there_asks_for_a_code_bound_to_this_browser(
    client: Client, there: RealProvider
) -> None:
    shown = client.get("/account/login?next=/topics").content.decode()
    assert f'href="{LOGIN}?next=/topics"' in shown
    assert "Sign in with localhost" in shown
    url = way_there(client)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{there.url}/authorize/?")
    assert asked["redirect_uri"] == f"{PUBLIC_URL}{CALLBACK}"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert set(asked["scope"].split()) == {"openid", "email", "profile"}
    again = parse_qs(urlsplit(way_there(client)).query)
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) >= 43
        assert asked[name] != again[name][0]


def test_newcomer_gets_an_account_and_a_session_which_is_a_sign_in_like_any_other(
    client: Client,
) -> None:
    response = signed_in(client)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert who(client) == EMAIL
    user, row = User.objects.get(), SignIn.objects.get()
    assert (user.name, user.is_email_verified, user.has_usable_password()) == ("Ann", True, False)
    assert (row.user, row.ended_at) == (user, None)
    assert Identity.objects.get().user == user
    client.cookies["csrftoken"] = "c" * 32
    against = {"X-CSRFToken": "c" * 32}
    answer = client.post("/api/v1/auth/token", {}, "application/json", headers=against)
    pair = answer.json()
    bearer = {"Authorization": f"Bearer {pair['access_token']}"}
    assert Client().get("/api/v1/auth/me", headers=bearer).json()["id"] == user.pk
    actions = list(AuditRecord.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["identity_linked", "signed_in", "signed_in"]


def test_somebody_known_is_found_by_a_verified_address_and_afterwards_by_the_subject(
    client: Client, there: RealProvider
) -> None:
    ann = make_user(EMAIL)
    User.objects.update(email_verified_at=ann.created_at)
    signed_in(client)
    assert who(client) == EMAIL
    there.say(claims={"email": "other@example.org", "email_verified": False})
    User.objects.update(email="moved@example.org")
    signed_in(another := Client())
    assert who(another) == "moved@example.org"
    assert (User.objects.count(), Identity.objects.count()) == (1, 1)


def test_wanted_page_is_shown_afterwards_but_no_other_site_s(client: Client) -> None:
    response = client.get(way_back(way_there(client, f"{LOGIN}?next=/topics")))
    assert response.headers["Location"] == "/topics"
    evil = client.get(way_back(way_there(client, f"{LOGIN}?next=https://evil.example/")))
    assert evil.headers["Location"] == "/"


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": [True]},
        {"email": "", "email_verified": True},
        {"email": "nobody", "email_verified": True},
        {"email": f"{'a' * 64}@{'b.' * 100}example.org", "email_verified": True},
        {"email": ["ann@example.org"], "email_verified": True},
    ],
)
def test_address_that_the_provider_does_not_vouch_for_links_nothing(
    client: Client, there: RealProvider, claims: dict[str, Any]
) -> None:
    User.objects.filter(pk=make_user(EMAIL).pk).update(email_verified_at="2026-01-01T00:00:00Z")
    there.say(claims=claims)
    refused(signed_in(client), "does not say that your e-mail address is yours")
    assert not Identity.objects.exists()


def test_account_whose_address_was_never_verified_here_is_linked_to_nobody(client: Client) -> None:
    make_user(EMAIL)  # by anybody, perhaps
    refused(signed_in(client), "the address is not verified yet")
    assert not Identity.objects.exists()


def test_closed_account_stays_closed(client: Client) -> None:
    signed_in(Client())
    User.objects.update(is_active=False)
    refused(signed_in(client), "Your account was closed")


MISCHIEF = (
    "nonce", "no nonce", "issuer", "audience", "no aud", "party", "expired", "no exp", "no iat",
    "at_hash", "nobody", "too long", "no sub", "alg none", "alg HS256", "unknown key",
    "another's key",
)  # fmt: skip


@pytest.mark.parametrize("mischief", MISCHIEF)
def test_token_that_proves_nothing_signs_in_nobody(
    client: Client, there: RealProvider, mischief: str
) -> None:
    there.say(mischief=mischief)
    refused(signed_in(client), "could not be verified")
    assert not User.objects.exists()
    assert AuditRecord.objects.get().detail == {"reason": "forged", "provider": "localhost"}
    there.say(mischief="")
    assert signed_in(client).status_code == 302


def test_address_that_the_token_does_not_tell_is_asked_for(
    client: Client, there: RealProvider
) -> None:
    there.say(mischief="no email")
    signed_in(client)
    assert who(client) == EMAIL


def test_new_key_of_the_provider_is_learnt_when_it_is_used(
    client: Client, there: RealProvider
) -> None:
    signed_in(client)
    there.say(rotate=True)
    signed_in(another := Client())
    assert who(another) == EMAIL


def test_way_back_works_once_and_in_the_browser_that_began(client: Client) -> None:
    back = way_back(way_there(client))
    refused(Client().get(back), "was begun in another browser")
    assert client.get(back).status_code == 302
    client.post("/account/logout")
    refused(client.get(back), "was finished before")
    wrong = re.sub("state=[^&]+", "state=x", way_back(way_there(client)))
    refused(client.get(wrong), "was begun in another browser")
    for query in ("", "?code=x", "?state=", "?state=%00&code=%ff"):
        refused(client.get(CALLBACK + query), "took too long")


def test_way_back_is_over_after_ten_minutes(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = way_back(way_there(client))
    session = client.session
    session["oidc_attempts"] = [{**session["oidc_attempts"][0], "until": 1}]
    session.save()
    refused(client.get(back), "took too long")


def test_code_of_another_attempt_is_refused_by_the_provider(client: Client) -> None:
    stolen = parse_qs(urlsplit(way_back(way_there(Client()))).query)["code"][0]
    mine = way_back(way_there(client))
    refused(client.get(re.sub("code=[^&]+", f"code={stolen}", mine)), "could not be verified")


def test_answer_of_another_issuer_is_refused(client: Client) -> None:
    back = way_back(way_there(client))
    refused(client.get(f"{back}&iss=https://evil.example"), "could not be verified")


def test_who_says_no_at_the_provider_is_told_so(client: Client) -> None:
    state = parse_qs(urlsplit(way_there(client)).query)["state"][0]
    refused(client.get(f"{CALLBACK}?error=access_denied&state={state}"), "did not let you in")


def test_provider_that_is_away_is_no_fault_of_ours(client: Client, settings: LazySettings) -> None:
    settings.OIDC_ISSUER = f"http://localhost:{free_port()}"
    response = client.get(LOGIN)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert "does not answer as it should" in response.content.decode()
    assert client.get("/account/login").status_code == 200


def test_discovery_that_names_another_issuer_is_not_believed(
    client: Client, settings: LazySettings, there: RealProvider
) -> None:
    settings.OIDC_ISSUER = there.url.replace("localhost", "127.0.0.1") + "/x/.."
    assert client.get(LOGIN).status_code == 503


def test_issuer_may_be_written_with_a_slash_at_the_end(
    client: Client, settings: LazySettings, there: RealProvider
) -> None:
    settings.OIDC_ISSUER = f"{there.url}/"
    assert signed_in(client).status_code == 302


def test_tokens_of_the_provider_lie_encrypted_in_the_cache_for_an_hour(client: Client) -> None:
    signed_in(client)
    name = f"oidc:{client.session['oidc_tokens']}"
    stored = cache.get(name)
    assert "eyJ" not in stored
    assert '"id_token": "eyJ' in decrypt(stored, purpose=token_store.PURPOSE)
    assert token_store.LIVES_SECONDS <= 3600
    assert client.session.get_expiry_age() <= 3600
    assert "id_token" not in str(dict(client.session))


def test_sign_in_goes_on_without_the_cache_and_ends_with_the_tokens(client: Client) -> None:
    signed_in(client)
    cache.clear()
    assert who(client) == EMAIL
    session = client.session
    session["_session_expiry"] = "2026-01-01T00:00:00+00:00"
    session.save()
    assert who(client) is None
    signed_in(client)
    assert (who(client), User.objects.count()) == (EMAIL, 1)


def test_signing_out_leads_to_the_provider_which_leads_back(
    client: Client, there: RealProvider
) -> None:
    signed_in(client)
    page = client.post("/account/logout").content.decode()
    found = re.search(r'content="0; url=([^"]+)"', page)
    assert found
    url = found[1].replace("&amp;", "&")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{there.url}/logout/?")
    assert asked["post_logout_redirect_uri"] == f"{PUBLIC_URL}/"
    assert asked["id_token_hint"].startswith("eyJ")
    assert who(client) is None
    answer = requests.get(url, allow_redirects=False, timeout=30)
    assert answer.headers["Location"] == f"{PUBLIC_URL}/"


def test_signing_out_with_a_password_alone_knows_no_provider(client: Client) -> None:
    client.force_login(make_user())
    assert client.post("/account/logout").status_code == 302


def test_session_by_password_is_not_shortened_by_an_earlier_one(client: Client) -> None:
    signed_in(client)
    user = User.objects.get()
    user.set_password(PASSWORD)
    user.save()
    Client().post("/account/logout")
    client.get("/inbox")
    client.post("/account/logout")
    client.post("/account/login", {"username": EMAIL, "password": PASSWORD})
    assert client.session.get_expiry_age() > 3600
