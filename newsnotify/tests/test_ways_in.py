"""Every way in, in a real browser: at a provider, by a code, by a passkey."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from accounts.oidc.tests import provider_site
from accounts.oidc.tests.providers import RealProvider
from accounts.second_factor import totp
from newsnotify.tests.browsing import SCHEMES, WATCHING, serious_anywhere
from newsnotify.tests.processes import Product, chromium

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
EMAIL, PASSWORD = "bob@example.org", "bob of the browser"
TOKENS = """async () => {
    const token = document.cookie.match(/csrftoken=(\\w+)/)[1];
    const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
    const answer = await fetch("/api/v1/auth/token", { method: "POST", headers, body: "{}" });
    return await answer.json();
}"""
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def house(tmp_path: Path) -> Product:
    """Give a house that browsers keep passkeys for; not started yet."""
    product = Product(tmp_path)
    product.url = f"http://localhost:{product.port}"
    product.environment["PUBLIC_URL"] = product.url
    return product


@pytest.fixture
def provider(house: Product, tmp_path: Path) -> Iterator[RealProvider]:
    with RealProvider(tmp_path, house.url) as provider:
        house.environment |= provider.environment
        yield provider


@pytest.fixture
def page(house: Product) -> Iterator[Any]:
    with chromium() as browser:
        context = browser.new_context(base_url=house.url)
        context.add_init_script(WATCHING)
        yield context.new_page()


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Any, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def at(page: Any, path: str) -> None:
    """Wait for a page, on which the policy had nothing to refuse."""
    expect(page).to_have_url(re.compile(f"{re.escape(path)}$"))
    assert page.evaluate("window.refused") == []


def looks_well(page: Any) -> None:
    assert serious_anywhere(page, SCHEMES) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def code_of(secret: str, late: int = 0) -> str:
    return totp.code(secret.replace(" ", ""), totp.step_at(datetime.now(UTC)) + late)


def signs_in_at_provider(page: Any) -> None:
    page.goto("/account/login")
    looks_well(page)
    follow(page, "Sign in with localhost")
    page.get_by_label("User").fill("ann")
    page.get_by_label("Secret").fill(provider_site.PASSWORD)
    press(page, "Let me in")


def test_person_signs_in_at_the_provider_with_a_second_step_and_out(
    provider: RealProvider, house: Product, page: Any
) -> None:
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    with house:
        signs_in_at_provider(page)
        at(page, "/")
        has_session_and_tokens(page, house)
        codes = sets_up_an_app(page)
        signs_out_at_the_provider_as_well(page, house)
        page.goto(next(url for url in asked if "/callback?" in url))
        expect(page.get_by_role("alert")).to_contain_text("was finished before")
        looks_well(page)

        signs_in_at_provider(page)
        at(page, "/account/second-step")
        page.goto("/inbox")
        at(page, "/account/login?next=/inbox")
        page.goto("/account/second-step")
        page.get_by_label("Code").fill("000000")
        press(page, "Sign in")
        expect(page.get_by_role("alert")).to_contain_text("wrong, or was used before")
        looks_well(page)
        page.get_by_label("Code").fill(codes[0])
        press(page, "Sign in")
        at(page, "/")
        page.goto("/settings/security")
        expect(page.get_by_text("9 are left")).to_be_visible()


def has_session_and_tokens(page: Any, house: Product) -> None:
    me = page.evaluate("fetch('/api/v1/auth/me').then((answer) => answer.json())")
    assert (me["email"], me["email_verified"]) == (provider_site.EMAIL, True)
    pair = page.evaluate(TOKENS)
    bearer = {"Authorization": f"Bearer {pair['access_token']}"}
    answer = requests.get(f"{house.url}/api/v1/auth/me", headers=bearer, timeout=30)
    assert answer.json()["id"] == me["id"]


def sets_up_an_app(page: Any) -> list[str]:
    page.goto("/settings/security")
    follow(page, "Set up an authenticator app")
    at(page, "/settings/security/app")
    expect(page.locator(".qr svg")).to_be_visible()
    page.get_by_text("Enter a key instead").click()
    page.get_by_label("Code that the app shows now").fill(code_of(page.inner_text(".secret")))
    press(page, "Set up")
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    codes: list[str] = page.locator(".codes li").all_inner_texts()
    assert len(codes) == 10
    looks_well(page)
    return codes


def signs_out_at_the_provider_as_well(page: Any, house: Product) -> None:
    page.goto("/account/logout")
    page.locator("main").get_by_role("button", name="Sign out").click()
    at(page, f"{house.url}/")
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def test_person_adds_a_passkey_signs_in_by_it_and_removes_it(house: Product, page: Any) -> None:
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    with house:
        house.person(EMAIL, PASSWORD)
        signs_in(page)
        at(page, "/inbox")
        adds_a_passkey(page)
        leaves(page)
        signs_in(page)
        at(page, "/account/second-step")
        looks_well(page)
        press(page, "Use a passkey")
        at(page, "/inbox")
        refuses_a_passkey_twice(page)
        renames_and_removes_it(page)
        leaves(page)
        signs_in(page)
        at(page, "/inbox")


def signs_in(page: Any) -> None:
    page.goto("/account/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")


def leaves(page: Any) -> None:
    page.goto("/account/logout")
    page.locator("main").get_by_role("button", name="Sign out").click()
    at(page, "/")


def adds_a_passkey(page: Any) -> None:
    page.goto("/settings/security")
    follow(page, "Add a passkey")
    page.get_by_label("Name").fill("My laptop")
    page.get_by_label("Current password").fill("wrong")
    press(page, "Add a passkey")
    expect(page.get_by_role("alert")).to_contain_text("This is not your password")
    page.get_by_label("Current password").fill(PASSWORD)
    press(page, "Add a passkey")
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    follow(page, "I have kept them")
    at(page, "/settings/security")
    expect(page.get_by_role("heading", name="My laptop")).to_be_visible()


def refuses_a_passkey_twice(page: Any) -> None:
    """See that the device itself does not make a second one for the same account."""
    page.goto("/settings/security/passkeys")
    page.get_by_label("Name").fill("The same")
    page.get_by_label("Current password").fill(PASSWORD)
    press(page, "Add a passkey")
    expect(page.locator("[data-trouble]")).to_be_visible()


def renames_and_removes_it(page: Any) -> None:
    page.goto("/settings/security")
    follow(page, "Change My laptop")
    page.get_by_label("Name").fill("Her laptop")
    looks_well(page)
    press(page, "Rename")
    follow(page, "Change Her laptop")
    page.get_by_label("Current password").fill(PASSWORD)
    press(page, "Remove it")
    at(page, "/settings/security")
    expect(page.get_by_role("link", name="Set up an authenticator app")).to_be_visible()
