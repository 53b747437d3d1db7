"""Every page in a real browser: nothing that its policy refuses, nothing that axe finds serious."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from playwright.sync_api import expect

from newsnotify.tests.browsing import (
    SCHEMES,
    UNFOLD,
    WATCHING,
    House,
    furnished,
    link_to,
    opened,
    serious_anywhere,
    signed_in,
)
from newsnotify.tests.processes import ADMIN, chromium

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.anywhere]

FIXED_AT_THE_FOOT = """
    [...document.querySelectorAll("nav")]
        .filter((one) => getComputedStyle(one).position === "fixed").length
"""
FOR_ALL = (
    "/",
    "/articles",
    "/articles?topic=tech",
    "/articles/1",
    "/articles/2",
    "/articles/2/changes",
    "/topics",
    "/sources",
    "/sources/1",
    "/status",
    "/account/login",
    "/account/signup",
    "/account/password",
    "/account/password?sent=1",
    "/account/password/reset?token=x",
    "/account/verify?token=x",
    "/channels/verify?token=x",
    "/channels/stop?token=x",
    "/nowhere",
)
FOR_READERS = (
    "/",
    "/inbox",
    "/inbox?show=unread",
    "/inbox/sent",
    "/articles",
    "/articles/2",
    "/articles/2/changes",
    "/topics",
    "/sources",
    "/sources/1",
    "/subscriptions",
    "/subscriptions?query=moon",
    "/subscriptions?query=moon+(rain",
    "/status",
    "/settings/profile",
    "/settings/preferences",
    "/settings/security",
    "/settings/channels",
    "/settings/security/app",
    "/settings/security/passkeys",
    "/settings/security/recovery-codes",
    "/settings/delete",
    "/account/logout",
    "/inbox/2",
    "/inbox/2/why",
    "/articles/2/why",
)
# Pages that others made: their policies are looser, and their looks are not ours to mend.
OF_OTHERS = (
    "/admin/",
    "/admin/accounts/user/",
    "/admin/accounts/user/1/change/",
    "/admin/news/source/add/",
    "/admin/notifications/event/",
    "/docs",
    "/redoc",
    "/api/v1/topics",
    "/api/v1/notifications",
    "/api/v1/auth/me",
)
# Looked at on the way in, in test_ways_in.
ON_THE_WAY = {"second_step", "passkey"}
# What a page's form or link leads to: it answers with another page, or with a file.
NO_PAGES = {
    "export_account", "settings", "resend", "change_password", "change_email", "mark_read",
    "follow_topic", "follow_source", "end_sign_in", "end_other_sign_ins", "oidc_login",
    "oidc_callback", "prove_channel", "ask_channel", "try_channel", "switch_channel",
    "renew_channel", "remove_channel", "preview", "unfollow", "change_subscription",
    "change_rule", "apply_rule", "import_opml", "export_opml",
}  # fmt: skip
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished(tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def visitors(house: House, browser: Any) -> dict[str, Any]:
    """Give a page each to somebody unknown, a reader and an admin."""
    contexts = {name: browser.new_context() for name in ("nobody", "reader", "admin")}
    signed_in(contexts["reader"], house, house.reader.email, house.reader.password)
    signed_in(contexts["admin"], house, ADMIN["email"], ADMIN["password"])
    for context in contexts.values():
        context.add_init_script(WATCHING)
    return {name: context.new_page() for name, context in contexts.items()}


OURS = [*(("nobody", path) for path in FOR_ALL), *(("reader", path) for path in FOR_READERS)]


@pytest.mark.parametrize(("who", "path"), [*OURS, *(("admin", path) for path in OF_OTHERS)])
def test_page_does_nothing_that_its_policy_refuses(
    visitors: dict[str, Any], house: House, who: str, path: str
) -> None:
    assert opened(visitors[who], house.url + path) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("who", "path"), OURS)
def test_axe_finds_nothing_serious(
    visitors: dict[str, Any], house: House, who: str, path: str, scheme: str
) -> None:
    page = visitors[who]
    page.goto(house.url + path)
    assert serious_anywhere(page, [scheme]) == []


TAKEN = {"E-mail": "reader@example.org", "Password": "a reader of tests"}
REFUSED = (
    ("nobody", "/account/login", "Sign in", {"E-mail": "x@example.org", "Password": "x"}),
    ("nobody", "/account/signup", "Create account", TAKEN),
    ("reader", "/settings/security", "Change password", {"New password": "12345678"}),
    ("reader", "/settings/security", "Send a link there", {"New e-mail": "new@example.org"}),
    ("reader", "/settings/preferences", "Save", {"Which channel, how soon": "fax now"}),
    ("reader", "/subscriptions", "Keep", {"When news has": "moon (rain"}),
    ("reader", "/settings/delete", "Delete my account", {"Current password": "x"}),
    ("reader", "/settings/channels", "Add A chat", {"Address of the chat": "json://10.0.0.1"}),
)


@pytest.mark.parametrize(("who", "path", "button", "words"), REFUSED)
def test_refused_form_says_why_in_a_way_that_everybody_notices(
    visitors: dict[str, Any], house: House, who: str, path: str, button: str, words: dict[str, str]
) -> None:
    page = visitors[who]
    page.goto(house.url + path)
    page.evaluate(UNFOLD)
    for label, value in words.items():
        page.get_by_label(label).last.fill(value)
    page.get_by_role("button", name=button, exact=True).last.click()
    expect(page.get_by_role("alert").first).not_to_be_empty()
    for field in page.locator("[aria-invalid=true]").all():
        described = field.get_attribute("aria-describedby").split()
        texts = [page.locator(f"[id='{name}']").inner_text() for name in described]
        assert all(texts)
    assert serious_anywhere(page, SCHEMES) == []


def test_query_is_tried_while_it_is_typed(visitors: dict[str, Any], house: House) -> None:
    page = visitors["reader"]
    assert opened(page, f"{house.url}/subscriptions") == []
    preview, query = page.locator("#preview"), page.get_by_label("When news has")
    query.press_sequentially("moon -rain")
    expect(preview).to_contain_text("the word “moon”, and not the word “rain”")
    expect(preview.get_by_role("link")).to_have_text("Water found on the Moon")
    query.press_sequentially(" (")
    expect(preview).to_contain_text("A word is missing")
    expect(preview.locator("mark")).to_have_text("(")
    assert serious_anywhere(page, SCHEMES) == []
    query.fill("rain")
    expect(preview.get_by_role("link")).to_have_text("Rain")
    page.get_by_label("In", exact=True).select_option("sports")
    expect(preview).to_contain_text("0 articles")
    assert page.evaluate("window.refused") == []


def test_pages_behind_the_links_in_letters_are_for_everybody(
    visitors: dict[str, Any], house: House
) -> None:
    page, email = visitors["nobody"], house.reader.email
    page.goto(link_to(email, house, "Confirm your e-mail address"))
    assert serious_anywhere(page, SCHEMES) == []
    page.get_by_role("button", name="Confirm this address").click()
    expect(page.get_by_role("heading", name="Your e-mail is verified")).to_be_visible()
    assert serious_anywhere(page, SCHEMES) == []
    page.goto(f"{house.url}/account/password")
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send me a link").click()
    troubles = opened(page, link_to(email, house, "Choose a new password"))
    expect(page.get_by_label("New password")).to_be_visible()
    assert (troubles, serious_anywhere(page, SCHEMES)) == ([], [])


@pytest.mark.parametrize(("who", "path"), OURS)
def test_page_has_its_landmarks_and_one_heading(
    visitors: dict[str, Any], house: House, who: str, path: str
) -> None:
    page = visitors[who]
    page.goto(house.url + path)
    for landmark in ("banner", "main", "contentinfo"):
        assert page.get_by_role(landmark).count() == 1, landmark
    assert page.get_by_role("navigation", name="Main").count() == 1
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize(("who", "path"), OURS)
def test_page_is_not_wider_than_a_phone(
    visitors: dict[str, Any], house: House, who: str, path: str
) -> None:
    page = visitors[who]
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(house.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(FIXED_AT_THE_FOOT) <= 1


def test_picture_of_the_week_follows_the_form(visitors: dict[str, Any], house: House) -> None:
    page = visitors["reader"]
    assert opened(page, f"{house.url}/settings/preferences") == []
    week, windows = page.locator("#week"), page.locator("#windows")
    expect(week).to_contain_text("Monday: at once 00:00\u201324:00")
    page.get_by_label("Every hour").check()
    expect(week).to_contain_text("Monday: by digest 00:00\u201324:00")
    page.get_by_role("button", name="Add times").click()
    windows.get_by_label("Mon").check()
    expect(week).to_contain_text("Monday: by digest 08:00\u201318:00 only critical")
    with page.expect_request(lambda request: request.method == "POST"):
        page.get_by_label("Which channel, how soon").fill("e-mail after 6 min")
    page.get_by_label("Which channel, how soon").fill("fax now")  # while the answer is on its way
    expect(week.get_by_role("status")).to_contain_text("There is no channel 'fax'")
    page.get_by_label("Which channel, how soon").fill("e-mail after 5 min")
    expect(week.get_by_role("list", name="Channels")).to_contain_text("e-mail after 5 min")
    expect(week.get_by_role("status")).to_be_empty()
    assert (page.evaluate("window.refused"), serious_anywhere(page, SCHEMES)) == ([], [])


SHOWN = '<img src=x onerror="alert(1)"></title><script>alert(2)</script> ksim & "q"'


@pytest.mark.parametrize(
    ("path", "place", "shown"),
    [
        ("/inbox", "#notifications h2", SHOWN),
        ("/inbox/2", "h1", SHOWN),
        ("/articles", "h3", 'ksim & "q"'),  # of feeds' titles, where markup is meant, it is gone
        ("/articles/2", "h1", 'ksim & "q"'),
        ("/settings/profile", ".menu-body strong", SHOWN),
    ],
)
def test_words_of_strangers_are_text_and_turn_nothing(
    visitors: dict[str, Any], house: House, path: str, place: str, shown: str
) -> None:
    page = visitors["reader"]
    assert opened(page, house.url + path) == []
    page.evaluate(UNFOLD)
    assert page.locator(place, has_text="ksim").inner_text() == shown
    assert page.locator("img[src=x]").count() == 0
    assert not TURNING.search(page.title())
    # Where their marks stay, since Arabic needs them, they end with their own paragraph.
    for words in page.locator("main").get_by_text(TURNING).all():
        assert words.evaluate("element => getComputedStyle(element).unicodeBidi") == "isolate"


def page_names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace is None:
                yield from page_names(pattern.url_patterns)
        elif pattern.name and "api" not in pattern.name:
            yield pattern.name


def test_every_page_is_looked_at(house: House) -> None:
    seen = {
        get_resolver().resolve(path.partition("?")[0]).url_name
        for path in (*FOR_ALL, *FOR_READERS)
        if path != "/nowhere"
    }
    assert (
        set(page_names(get_resolver().url_patterns)) - seen - NO_PAGES - ON_THE_WAY - {"schema"}
        == set()
    )
