"""Everything that a reader does, in a browser without scripts, with letters that are sent."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from newsnotify.tests.browsing import PASSWORD, House, furnished, link_to
from newsnotify.tests.processes import chromium, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.anywhere]
EMAIL = "newcomer@example.org"
OTHER_EMAIL = "settled@example.org"
NEW = "another-horse-battery"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with furnished(tmp_path) as house:
        yield house


@pytest.fixture
def browser() -> Iterator[Any]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(house: House, browser: Any) -> Any:
    return page_of(browser, house)


def page_of(browser: Any, house: House, **device: str) -> Any:
    """Open a page of a browser, or of a device, that nobody has used before."""
    context = browser.new_context(java_script_enabled=False, base_url=house.url, **device)
    return context.new_page()


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def test_reader_signs_up_follows_reads_changes_and_leaves(
    house: House, browser: Any, page: Any
) -> None:
    sign_up(page)
    verify(page, house)
    follow(page)
    try_and_keep(page)
    read(page, house)
    change_profile(page)
    change_preferences(page)
    end_another_session(page, page_of(browser, house, user_agent=PHONE))
    change_password(page, page_of(browser, house, user_agent=PHONE))
    change_email(page, house)
    reset_password(page, house)
    export(page)
    leave(page)


def sign_up(page: Any) -> None:
    page.goto("/")
    page.get_by_role("link", name="Create an account").first.click()
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page).to_have_url(re.compile("/topics$"))


def verify(page: Any, house: House) -> None:
    page.goto(link_to(EMAIL, house, "Confirm your e-mail address"))
    press(page, "Confirm this address")
    expect(page.get_by_role("heading", name="Your e-mail is verified")).to_be_visible()


def follow(page: Any) -> None:
    page.goto("/topics")
    row = page.get_by_role("button", name="Follow Technology")
    row.click()
    expect(row).to_have_attribute("aria-pressed", "true")
    page.goto("/subscriptions")
    expect(page.get_by_role("link", name="Technology")).to_be_visible()


def try_and_keep(page: Any) -> None:
    page.goto("/subscriptions")
    page.get_by_label("When news has").fill("moon (")
    press(page, "Try it")
    expect(page.locator("#preview mark")).to_have_text("(")
    page.get_by_label("When news has").fill("Moon -rain")
    press(page, "Try it")
    expect(page.locator("#preview")).to_contain_text("1 article")
    press(page, "Keep")
    expect(page.get_by_role("status").first).to_have_text("You will be told of it.")
    page.get_by_label("When news has").fill("hello")
    page.get_by_label("Then").select_option("lower its priority")
    press(page, "Keep")
    rule = page.get_by_role("listitem").filter(has_text="Lower its priority")
    rule.get_by_role("button", name="Apply to my inbox").click()
    expect(page.get_by_role("status").first).to_have_text("There was nothing to change.")
    rule.get_by_role("button", name="Remove").click()
    expect(rule).to_have_count(0)
    alert = page.get_by_role("listitem").filter(has_text="Moon -rain")
    alert.get_by_text("Options").click()
    alert.get_by_label("From now on").select_option("mute for a day")
    alert.get_by_role("button", name="Save").click()
    expect(alert).to_contain_text("Muted until")
    page.get_by_label("Tick Moon -rain").check()
    press(page, "Unfollow what is ticked")
    expect(page.get_by_role("status").first).to_have_text("1 unfollowed.")
    expect(alert).to_have_count(0)


def read(page: Any, house: House) -> None:
    house.product.admin().post("notifications", user_id=EMAIL, title="For you", message="Hello.")
    page.goto("/inbox")
    mark = page.get_by_role("button", name="Read", exact=True)
    expect(mark).to_have_attribute("aria-pressed", "false")
    mark.click()
    expect(mark).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name="For you").click()
    expect(page.get_by_role("heading", name="For you")).to_be_visible()
    page.get_by_role("link", name="Why did I get this?").click()
    expect(page.get_by_role("heading", name="Why you were told")).to_be_visible()


def change_profile(page: Any) -> None:
    page.get_by_label("Your account").click()
    page.get_by_role("link", name="Settings").click()
    page.get_by_label("Name").fill("New Comer")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    press(page, "Save")
    expect(page.get_by_role("status")).to_have_text("Saved.")
    expect(page.get_by_label("Name")).to_have_value("New Comer")


def change_preferences(page: Any) -> None:
    page.get_by_role("link", name="Preferences").click()
    week = page.get_by_role("list", name="Your week")
    expect(week).to_contain_text("Monday: at once 00:00\u201324:00")
    page.get_by_label("Quiet hours").last.check()
    press(page, "Draw it again")
    expect(week).to_contain_text("Monday: at once 07:00\u201322:00")
    press(page, "Add times")
    page.get_by_label("Tue").check()
    page.get_by_label("Until").last.fill("12:00")
    press(page, "Save")
    expect(page.get_by_role("status").first).to_have_text("Saved.")
    expect(week).to_contain_text("Tuesday: at once 08:00\u201312:00")
    expect(week).to_contain_text("Monday: only critical 00:00\u201324:00")


def sign_in(page: Any, email: str, password: str) -> None:
    page.goto("/account/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    press(page, "Sign in")
    expect(page).to_have_url(re.compile("/inbox$"))


def end_another_session(page: Any, phone: Any) -> None:
    sign_in(phone, EMAIL, PASSWORD)
    page.goto("/settings/security")
    listed = page.get_by_role("region", name="Where you are signed in").get_by_role("listitem")
    expect(listed).to_have_count(2)
    here = listed.filter(has_text="This one")
    expect(here).to_have_count(1)
    expect(here.get_by_role("button")).to_have_count(0)
    expect(listed.filter(has_text="Safari on iPhone")).to_contain_text("127.0.0.1")
    page.get_by_role("button", name="Sign out Safari on iPhone").click()
    expect(page.get_by_role("status")).to_contain_text("Signed out")
    expect(listed).to_have_count(1)
    phone.goto("/inbox")
    expect(phone).to_have_url(re.compile("/account/login"))


def change_password(page: Any, phone: Any) -> None:
    sign_in(phone, EMAIL, PASSWORD)
    page.goto("/settings/security")
    form = unfolded(page, "Change your password")
    form.get_by_label("Current password").fill(PASSWORD)
    form.get_by_label("New password").fill(NEW)
    press(page, "Change password")
    expect(page.get_by_role("status")).to_contain_text("You have a new password")
    phone.goto("/inbox")
    expect(phone).to_have_url(re.compile("/account/login"))


def change_email(page: Any, house: House) -> None:
    form = unfolded(page, "Change your e-mail")
    form.get_by_label("New e-mail").fill(OTHER_EMAIL)
    form.get_by_label("Current password").fill(NEW)
    press(page, "Send a link there")
    expect(page.get_by_text(f"We sent a link to {OTHER_EMAIL}")).to_be_visible()
    page.goto(link_to(OTHER_EMAIL, house, "Confirm your new e-mail address"))
    press(page, "Confirm this address")
    expect(page.get_by_text(OTHER_EMAIL)).to_be_visible()
    farewell = (EMAIL, "Your account has another e-mail address now")
    until(lambda: farewell in [(mail["To"], mail["Subject"]) for mail in house.post.mails])


def unfolded(page: Any, name: str) -> Any:
    page.get_by_text(name).click()
    return page.locator("details", has_text=name)


def reset_password(page: Any, house: House) -> None:
    page.get_by_label("Your account").click()
    press(page, "Sign out")
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail").fill(OTHER_EMAIL)
    press(page, "Send me a link")
    expect(page.get_by_role("heading", name="Check your e-mail")).to_be_visible()
    url = link_to(OTHER_EMAIL, house, "Choose a new password")
    page.goto(url)
    page.get_by_label("New password").fill(PASSWORD)
    press(page, "Set password")
    sign_in(page, OTHER_EMAIL, PASSWORD)
    page.goto(url)
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()


def export(page: Any) -> None:
    page.goto("/settings/security")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download everything").click()
    assert OTHER_EMAIL in download.value.path().read_text()


def leave(page: Any) -> None:
    page.get_by_role("link", name="Delete account").click()
    page.get_by_label("Current password").fill(PASSWORD)
    press(page, "Delete my account")
    expect(page.get_by_role("status")).to_contain_text("Your account is deleted")
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
