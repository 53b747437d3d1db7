"""The whole product tells its log everything, and is asked everything that has a secret in it."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from newsnotify.lib.tests.mail_servers import MailServer
from newsnotify.tests.processes import ADMIN, Person, Product, free_port, until

pytestmark = pytest.mark.anywhere

MAIL_PASSWORD = "mail/pass word"
KEY = "a-secret-key-of-tests-in-the-environment"
METRICS = "a-metrics-token-of-tests"
PASSWORD, MISTYPED, NEW = "first-horse-battery", "mistyped-horse-battery", "new-horse-battery"
FEED_PASSWORD = "a-feed-s-password"
EMAIL = "ann@example.org"
CHAT_TOKEN = "a-chat-s-token-of-tests-0123456789-0123456789"
HOOK_PATH = "a-path-that-is-a-secret"


@pytest.fixture
def post() -> Iterator[MailServer]:
    with MailServer(login=("mailer", MAIL_PASSWORD)) as post:
        yield post


@pytest.fixture(params=["text", "json"])
def product(request: pytest.FixtureRequest, post: MailServer, tmp_path: Path) -> Iterator[Product]:
    settings = {
        "DEBUG": "1",
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": request.param,
        "SECRET_KEY": KEY,
        "METRICS_TOKEN": METRICS,
        "HTTPS_PROXY": "http://127.0.0.1:9",  # nothing of tests gets to a chat
        "EMAIL_URL": f"smtp://mailer:{quote(MAIL_PASSWORD, safe='')}@127.0.0.1:{post.port}",
    }
    with Product(tmp_path, **settings) as product:
        yield product


class Asking:
    """Asks what has secrets in it, and remembers them."""

    def __init__(self, product: Product, post: MailServer) -> None:
        self.product, self.post = product, post
        self.secrets = {KEY, METRICS, MAIL_PASSWORD, quote(MAIL_PASSWORD, safe=""), FEED_PASSWORD}
        self.secrets |= {PASSWORD, MISTYPED, NEW, ADMIN["password"]}

    def ask(self, method: str, path: str, bearer: str = "", **options: Any) -> requests.Response:
        headers = {"Authorization": bearer} if bearer else {}
        url = self.product.url + path
        return requests.request(method, url, headers=headers, timeout=30, **options)

    def everything(self) -> None:
        self.signing_in()
        self.letters()
        self.pages()
        self.sockets()
        self.producers()
        self.channels()
        self.metrics()

    def signing_in(self) -> None:
        person = self.product.person(EMAIL, PASSWORD)
        for name in ("email", "username"):
            self.ask("POST", "/token", json={name: EMAIL, "password": MISTYPED})
        self.ask("POST", f"/token?password={MISTYPED}", data={"password": MISTYPED})
        pair = self.ask("POST", "/token", data={"username": EMAIL, "password": PASSWORD}).json()
        body = {"refresh_token": pair["refresh_token"]}
        fresh = self.ask("POST", "/api/v1/auth/refresh", json=body).json()
        self.ask("POST", "/api/v1/auth/refresh", json=body)  # ends the sign-in
        for given in (pair, fresh):
            self.secrets |= {given["access_token"], given["refresh_token"]}
        self.secrets.add(person.token)
        self.ask("GET", "/api/v1/auth/me", f"Bearer {person.token}x")
        self.ask("GET", f"/api/v1/auth/me?access_token={person.token}")

    def letters(self) -> None:
        self.ask("POST", "/api/v1/auth/password/reset", json={"email": EMAIL})
        url = until(lambda: link(self.post, "Choose a new password"))
        token = unquote(url.partition("token=")[2])
        self.secrets |= {token, quote(token), token.rpartition(":")[2]}
        self.ask("GET", url.removeprefix(self.product.url))
        body = {"token": token, "password": NEW}
        self.ask("POST", "/api/v1/auth/password/reset/confirm", json=body)
        self.ask("POST", "/api/v1/auth/password/reset/confirm", json=body)
        self.post.refusals[EMAIL] = "451 come again"
        self.ask("POST", "/api/v1/auth/password/reset", json={"email": EMAIL})
        until(lambda: self.has_said("mail not sent"))

    def pages(self) -> None:
        with requests.Session() as browser:
            url = f"{self.product.url}/account/login"
            browser.get(url, timeout=30)
            form = {"username": EMAIL, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
            browser.post(url, {**form, "password": MISTYPED}, timeout=30)
            browser.post(url, {**form, "password": NEW}, timeout=30)
            browser.post(url, {"password": NEW}, timeout=30)  # refused: no CSRF token
            browser.get(f"{self.product.url}/inbox?sessionid={browser.cookies['sessionid']}")
            self.secrets |= {str(cookie.value) for cookie in browser.cookies}

    def sockets(self) -> None:
        token = Person(self.product.url, EMAIL, NEW).token
        self.secrets.add(token)
        address = self.product.url.replace("http://", "ws://") + "/ws"
        with connect(f"{address}?token={token}"), connect(f"{address}?token={token}x"):
            pass
        with contextlib.suppress(TimeoutError, ConnectionClosed), connect(address) as socket:
            socket.send(json.dumps({"type": "auth", "token": token}))
            socket.recv(timeout=1)

    def producers(self) -> None:
        admin = self.product.admin()
        made = admin.post("keys", name="producer", scopes=["events:write"])
        self.secrets |= {admin.token, made["key"]}
        body = {"user_id": EMAIL, "title": "Hello", "message": "Hello"}
        for key in (made["key"], made["key"] + "x"):
            self.ask("POST", "/api/v1/notifications", f"Api-Key {key}", json=body)
        url = f"http://me:{FEED_PASSWORD}@127.0.0.1:{free_port()}/feed?key={FEED_PASSWORD}"
        source = admin.post("sources", url=url, topic="tech", check=False)
        admin.post(f"sources/{source['id']}/crawl")

    def channels(self) -> None:
        person = Person(self.product.url, EMAIL, NEW)
        self.secrets |= {person.token, CHAT_TOKEN}
        chat = person.post("channels", kind="chat", url=f"discord://1234567890/{CHAT_TOKEN}")
        hook = person.post("channels", kind="webhook", url=f"https://a.example/{HOOK_PATH}")
        self.secrets |= {hook["secret"], HOOK_PATH}
        tried = person.post(f"channels/{chat['id']}/test")
        path = f"notifications/{tried['notification']}/deliveries"
        until(lambda: person.get(path)[0]["attempts"])
        mail = person.post("channels", kind="email", address="other@example.org")
        url = until(lambda: link_to(self.post, "other@example.org"))
        token = url.partition("token=")[2]
        self.secrets |= {unquote(token), token, token.rpartition(":")[2]}
        self.ask("GET", url.removeprefix(self.product.url))
        person.post(f"channels/{mail['id']}/verify/resend")

    def metrics(self) -> None:
        for token in (METRICS, METRICS + "x"):
            self.ask("GET", "/metrics", f"Bearer {token}")

    def has_said(self, words: str) -> bool:
        return any(words in line for line in self.product.output)


def link_to(post: MailServer, address: str) -> str | None:
    subjects = [str(mail["Subject"]) for mail in post.mails if mail["To"] == address]
    return link(post, subjects[0]) if subjects else None


def link(post: MailServer, subject: str) -> str | None:
    for mail in post.mails:
        body = mail.get_body(("plain",))
        if mail["Subject"] == subject and body:
            found = re.search(r"http\S+token=\S+", body.get_content())
            return found[0] if found else None
    return None


@pytest.mark.timeout(240)
def test_no_secret_is_logged_when_everything_is(product: Product, post: MailServer) -> None:
    asking = Asking(product, post)
    asking.everything()
    assert len(post.mails) >= 2  # so the server's password was used
    told = product.admin().get("audit")["results"]
    product.end()
    lines = "".join(product.output)
    assert "debug" in lines
    assert "/account/login" in lines
    for secret in asking.secrets:
        assert secret not in lines
        assert secret not in json.dumps(told)
