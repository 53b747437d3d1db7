import json

import pytest

from newsnotify.lib.redaction import HIDDEN, hiding, redact, redact_value

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
KEY = "nn_12_" + "hush" * 10


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hush-hush.hush",
        "authorization=Bearer hushhush",
        "{'Authorization': 'Api-Key hush_hush'}",
        "'authorization': b'Basic aHVzaA==hush'",
        f"token {JWT} refused, hush",
        f"key {KEY}",
        "signed by whsec_hush+hush/hush=",
        "password=hush",
        '{"password": "hu\\"sh hush", "email": "a@example.org"}',
        "{'new_password': 'hush hush'}",
        "old-password: hush",
        "refresh_token=hush&grant_type=x",
        "Cookie: sessionid=hush; csrftoken=hush",
        "Set-Cookie: sessionid=hush; Path=/",
        "{'cookie': 'sessionid=hush; a=b'}",
        "sessionid=hush",
        "GET /ws?token=hush HTTP/1.1",
        "<WSGIRequest: GET '/reset?key=hush&x=1'>",
        "POST https://hooks.example.com/services/T0/B0/hush failed",
        "https://discord.example/api/webhooks/1/hush?wait=true",
        "mysql://root:hush@127.0.0.1:3306/db",
        "amqp://user:hu/hush@host:5672//",
        "redis://:hush@host/0",
        "smtp://a@b.example:hush@mail.example.org:587",
        "argon2$argon2id$v=19$m=102400$hush$hush",
        "SECRET_KEY=hush",
        "VAPID_PRIVATE_KEY: 'hush'",
        "ticket=hush",
    ],
)
def test_what_opens_doors_is_hidden(text: str) -> None:
    assert "hush" not in redact(text).removesuffix(", hush")


@pytest.mark.parametrize(
    "text",
    [
        "event fanned out",
        "CSRF token missing.",
        "status_code=429 duration_ms=12",
        "Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)",
        "connect to https://news.example.org/.",
        'File "/srv/accounts/tokens.py", line 12, in refresh',
        "basic rules",
        "ValueError: the reason",
        "what? nothing",
    ],
)
def test_what_opens_nothing_is_left(text: str) -> None:
    assert redact(text) == text


def test_host_of_a_url_is_told() -> None:
    shown = redact("crawled https://user:pw@feeds.example.org:8443/a/b.xml?x=1, then went on")
    assert shown == "crawled https://feeds.example.org:8443/… then went on"
    assert redact("https://medium.example/@ann/feed") == "https://medium.example/…"


def test_field_is_hidden_by_its_name_and_within() -> None:
    headers = {"Cookie": "hush"}
    given = {"access_token": "hush", "tries": 3, "headers": headers, "list": ["token=hush"]}
    assert redact_value(given) == {
        "access_token": HIDDEN,
        "tries": 3,
        "headers": {"Cookie": HIDDEN},
        "list": [f"token={HIDDEN}"],
    }
    assert redact_value(b"token=hush") == f"token={HIDDEN}"
    assert redact_value(ValueError("password=hush")) == f"ValueError('password={HIDDEN}')"
    assert redact_value(7, "token_count") == 7


@pytest.mark.parametrize("secret", ["p@ss w0rd", 'a"quoted\\one', "ключ-от-дома", "x" * 16])
def test_known_secret_is_hidden_in_text_and_in_json(secret: str) -> None:
    hide = hiding([secret])
    assert hide(f"said {secret}, twice {secret}!") == f"said {HIDDEN}, twice {HIDDEN}!"
    assert hide(json.dumps({"event": f"said {secret}"})) == json.dumps({"event": f"said {HIDDEN}"})


def test_longer_one_is_hidden_whole_when_a_secret_begins_another() -> None:
    assert hiding(["secret-1", "secret-1-and-more"])("a secret-1-and-more b") == f"a {HIDDEN} b"


@pytest.mark.parametrize("word", ["", "guest", "hush-12", "newsnotify"])
def test_word_that_any_line_may_have_is_left(word: str) -> None:
    assert hiding([word])("newsnotify lets hush-12 in as guest") == (
        "newsnotify lets hush-12 in as guest"
    )
