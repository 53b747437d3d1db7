"""`/settings/preferences`: the same resource as the API's, as a form and as a picture."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.factories import make_user
from subscriptions.preferences import preferences_of, set_preferences

pytestmark = pytest.mark.django_db
PATH = "/settings/preferences"
HTMX = {"HX-Request": "true"}
DELIVERY: dict[str, Any] = {
    "timezone": "Asia/Tokyo",
    "quiet_hours": {"from": "23:00", "until": "06:30"},
    "windows": [
        {"days": ["mon", "fri"], "from": "08:00", "until": "18:00"},
        {"days": ["sat"], "from": "20:00", "until": "02:00"},
    ],
    "digest": {"mode": "daily", "at": "07:30"},
    "ladder": [{"channel": "sms", "after": "30m", "min_priority": "high"}],
    "limits": {"push": {"count": 10, "minutes": 60}},
    "one_by_one": True,
}
PLAIN = {"subscribed": "on", "mode": "off", "at": "08:00", "timezone": "UTC", "language": "en"}
NO_WINDOWS = {"window-TOTAL_FORMS": "0", "window-INITIAL_FORMS": "0"}
FORM = {**PLAIN, **NO_WINDOWS}


@pytest.fixture
def ann(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def sent(page: str) -> dict[str, list[str]]:
    """Read from a page what a browser would send of its form."""
    form: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", page):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_box = given.get("type") in {"checkbox", "radio"}
        if "name" in given and (not is_box or " checked" in tag):
            form.setdefault(given["name"], []).append(given.get("value", "on" if is_box else ""))
    for name, options in re.findall(r'<select name="(\w+)"(.*?)</select>', page, re.DOTALL):
        form[name] = re.findall(r'value="([^"]+)" selected', options)
    for name, text in re.findall(r'<textarea name="(\w+)"[^>]*>(.*?)</textarea>', page, re.DOTALL):
        form[name] = [text.strip()]
    return form


def test_page_saves_what_it_shows(client: Client, ann: User) -> None:
    topics: Any = {"topic": [], "priority": ["high", "critical"], "category": ["alert", "update"]}
    set_preferences(user=ann, changes={**topics, "language": "ru", "delivery": DELIVERY})
    before = preferences_of(ann)
    form = sent(client.get(PATH).content.decode())
    set_preferences(user=ann, changes={"priority": [], "delivery": {"limits": {}}})
    answer = client.post(PATH, form)
    assert (answer.status_code, answer.headers["Location"]) == (302, PATH)
    ann.refresh_from_db()
    assert preferences_of(ann) == before


def test_page_replaces_everything_when_saved(client: Client, ann: User) -> None:
    set_preferences(user=ann, changes={"delivery": DELIVERY})
    form = {**FORM, "topic": ["tech"], "priority": ["low"], "category": "Alert,b  c"}
    client.post(PATH, form)
    ann.refresh_from_db()
    assert preferences_of(ann) == {
        "subscribed": True,
        "topic": ["tech"],
        "priority": ["low"],
        "category": ["alert", "b", "c"],
        "delivery": {
            "timezone": "UTC",
            "quiet_hours": None,
            "windows": [],
            "digest": {"mode": "off", "at": "08:00"},
        },
        "language": "en",
    }


def test_window_is_dropped_when_it_has_no_day(client: Client, ann: User) -> None:
    window = {"window-0-start": "08:00", "window-0-end": "18:00"}
    client.post(PATH, {**FORM, **window, "window-TOTAL_FORMS": "1"})
    assert preferences_of(ann)["delivery"]["windows"] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"topic": ["nonsense"]}, "nonsense is not one of the available choices"),
        ({"priority": ["urgent"]}, "urgent is not one of the available choices"),
        ({"category": "no slug!"}, "“slug!” is no category"),
        ({"timezone": "Mars"}, "Mars is not one of the available choices"),
        ({"mode": "yearly"}, "yearly is not one of the available choices"),
        ({"at": "25:00"}, "Enter a valid time"),
        ({"ladder": "fax now"}, "There is no channel &#x27;fax&#x27;"),
        ({"quiet-on": "on", "quiet-start": "22:00"}, "Give a time"),
        ({"window-TOTAL_FORMS": "1", "window-0-days": "mon"}, "Give a time"),
        ({"window-TOTAL_FORMS": "60"}, "at most 50"),
        ({"window-TOTAL_FORMS": "x"}, "ManagementForm data is missing"),
        ({"limit-push-count": "5"}, "Say in how many minutes"),
        ({"limit-push-count": "0", "limit-push-minutes": "1"}, "greater than or equal to 1"),
    ],
)
def test_page_says_what_is_wrong_and_saves_nothing(
    client: Client, ann: User, changes: dict[str, Any], words: str
) -> None:
    before = preferences_of(ann)
    answer = client.post(PATH, {**FORM, "priority": ["low"], **changes})
    assert answer.status_code == 400
    assert words in answer.content.decode()
    preview = client.post(PATH, {**FORM, **changes, "show": "1"}, headers=HTMX)
    assert (preview.status_code, preview.headers["HX-Retarget"]) == (200, "#amiss")
    assert words in preview.content.decode()
    assert preferences_of(ann) == before


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_picture_follows_the_form_before_it_is_saved(
    client: Client, ann: User, headers: dict[str, str]
) -> None:
    quiet = {"quiet-on": "on", "quiet-start": "22:00", "quiet-end": "07:00"}
    answer = client.post(PATH, {**FORM, **quiet, "show": "1"}, headers=headers)
    shown = answer.content.decode()
    assert shown.count('<rect class="at_once" x="420" width="900"') == 7
    assert shown.count('<rect class="critical" x="1320" width="120"') == 7
    assert "Monday: at once 07:00–22:00 only critical 00:00–07:00 22:00–24:00" in " ".join(
        shown.split()
    )
    assert ("<html" in shown) is not bool(headers)
    assert preferences_of(ann)["delivery"]["quiet_hours"] is None


def test_picture_says_when_nothing_would_ever_come(client: Client, ann: User) -> None:
    quiet = {"quiet-on": "on", "quiet-start": "00:00", "quiet-end": "00:00", "mode": "hourly"}
    shown = client.post(PATH, {**FORM, **quiet, "show": "1"}, headers=HTMX).content.decode()
    assert "No hour is left open" in shown
    assert "digest" not in shown


@pytest.mark.parametrize(
    ("rows", "then", "added"),
    [("0", 1, 1), ("49", 50, 1), ("50", 50, 0), ("x", 1, 1), ("9" * 30, 1, 1)],
)
def test_form_has_one_more_window_when_asked_for(
    client: Client, ann: User, rows: str, then: int, added: int
) -> None:
    form = {**FORM, "window-TOTAL_FORMS": rows, "category": "kept", "add": "1"}
    answer = client.post(PATH, form)
    shown = answer.content.decode()
    assert (answer.status_code, shown.count('class="window"')) == (200, then)
    assert (shown.count('value="18:00"'), shown.count('value="kept"')) == (added, 1)
