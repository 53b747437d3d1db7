"""Chats: which may be written to, where each of them really is, and what a message says."""

import asyncio
import json
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from newsnotify.lib.tests.servers import RESET, Answer, Server
from notifications.tests.transports.parcels import item, parcel
from notifications.transports import chat_services
from notifications.transports.base import Outcome, Result
from notifications.transports.chat import Chat
from notifications.transports.chat_services import SERVICES, Service

TOKEN = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJ"
ADDRESSES = {
    "discord": f"discord://1234567890/{TOKEN}",
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#news",
    "tgram": "tgram://123456789:abcdefg_hijklmnop/1231554",
    "gchat": f"gchat://workspace/{TOKEN}/{TOKEN}",
    "webex": f"webex://{TOKEN}{TOKEN[:34]}",
    "line": f"line://{TOKEN}/U1234567890",
    "pover": f"pover://{'u' * 30}@{'a' * 30}",
    "pbul": f"pbul://{'a' * 32}",
    "prowl": f"prowl://{'a' * 40}",
    "psafers": f"psafers://{'a' * 20}",
    "spush": f"spush://{'a' * 14}",
    "join": f"join://{'a' * 32}/group.pc",
    "ifttt": f"ifttt://{TOKEN}@news",
    "dingtalk": "dingtalk://12345678",
    "feishu": f"feishu://{TOKEN}",
    "lark": f"lark://{TOKEN}",
    "wecombot": f"wecombot://{TOKEN}",
    "schan": "schan://12345678",
    "chanify": f"chanify://{TOKEN}",
}


class Proxy(socketserver.ThreadingTCPServer):
    """Remembers where it is asked to connect to, and connects to nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.hosts: list[str] = []


class Asked(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        method, place, _version = self.rfile.readline().decode().split()
        self.server.hosts.append(f"{method} {place}")
        self.wfile.write(b"HTTP/1.1 403 no\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    with Proxy() as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,))
        thread.start()
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.server_address[1]}")
        yield proxy
        proxy.shutdown()
        thread.join()


def send(address: dict[str, Any], **given: Any) -> Outcome:
    return asyncio.run(Chat().send(parcel(**given, address=address)))


def test_every_listed_service_has_an_address_here() -> None:
    assert set(ADDRESSES) == set(SERVICES)


@pytest.mark.parametrize("scheme", SERVICES)
def test_service_is_asked_by_tls_at_its_own_host_and_nowhere_else(
    proxy: Proxy, scheme: str
) -> None:
    address = Chat().clean({"url": ADDRESSES[scheme]})
    outcome = send({"address": address.shown, **address.sealed})
    assert outcome.result == Result.RETRY
    assert proxy.hosts
    assert {host.removeprefix("CONNECT ") for host in proxy.hosts} <= {
        f"{host}:443" for host in SERVICES[scheme].hosts
    }


@pytest.mark.parametrize("scheme", SERVICES)
def test_what_is_shown_of_an_address_opens_nothing(scheme: str) -> None:
    shown = Chat().clean({"url": ADDRESSES[scheme]}).shown
    assert shown.startswith(SERVICES[scheme].name)
    for part in ADDRESSES[scheme].replace(":", "/").replace("@", "/").split("/"):
        assert len(part) < 9 or part not in shown


@pytest.mark.parametrize(
    ("url", "service"),
    [
        (f"https://discord.com/api/webhooks/1234567890/{TOKEN}", "discord"),
        ("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "slack"),
        (f"https://chat.googleapis.com/v1/spaces/x/messages?key={TOKEN}&token={TOKEN}", "gchat"),
        (f"https://open.larksuite.com/open-apis/bot/v2/hook/{TOKEN}", "lark"),
    ],
)
def test_service_s_own_address_is_taken_as_it_was_copied(url: str, service: str) -> None:
    assert Chat().clean({"url": url}).provider == f"chat:{SERVICES[service].name}"


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "nonsense",
        "json://127.0.0.1/x",
        "jsons://example.org",
        "mailto://user:pw@example.org",
        "file:///etc/passwd",
        "ntfy://127.0.0.1:8000/topic",
        "gotify://10.0.0.1/token",
        "http://169.254.169.254/latest/meta-data",
        "https://example.org/hook",
        f"https://discord.com.evil.example/api/webhooks/1234567890/{TOKEN}",
        "discord://",
        "tgram://123456789:abcdefg_hijklmnop",  # to whom?
        "tgram://123456789:abcdefg_hijklmnop/1111111/2222222",  # to two at once
        f"{ADDRESSES['discord']}?template=/etc/passwd",
        f"{ADDRESSES['discord']}?avatar_url=http://10.0.0.1/",
        f"{ADDRESSES['discord']}?verify=no",
        f"{ADDRESSES['discord']}?redirect=yes",
        f"{ADDRESSES['discord']}?rto=9999",
        f"{ADDRESSES['discord']}?retry=9",
        f"{ADDRESSES['slack']}?:token=x",
        "discord://" + "a" * 2000,
    ],
)
def test_address_is_refused_with_a_reason_when_it_is_not_listed(url: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Chat().clean({"url": url})
    (message,) = refused.value.message_dict["url"]
    assert message
    assert TOKEN not in message


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Let Apprise's plain JSON service in, which a server of ours can answer."""
    plain = Service("Local", "apprise.plugins.custom_json", "NotifyJSON", frozenset({"127.0.0.1"}))
    monkeypatch.setitem(chat_services.SERVICES, "json", plain)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server(lambda _: Answer(body=b"{}")) as server:
        yield server


def send_to(server: Server, **given: Any) -> Outcome:
    url = server.url.replace("http://", "json://") + "/secret-path"
    return send({"address": "Local", "url": url}, **given)


def said(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(server.requests[-1].body)
    return found


def test_message_says_what_happened_and_where(local: Server) -> None:
    assert send_to(local) == Outcome(Result.SENT)
    body = said(local)
    assert body["title"] == "Water found on the Moon 1"
    assert "A probe saw ice" in body["message"]
    assert body["message"].endswith("https://paper.example/moon")
    assert len(local.requests) == 1


def test_list_is_in_its_reader_s_language(local: Server) -> None:
    many = parcel(item(1), item(2, title="Rain"), language="ru")
    send_to(local, items=many.items, size=many.size, language="ru")
    body = said(local)
    assert body["title"] == "The Paper: 2 новые статьи"
    assert "• Rain" in body["message"]
    assert body["message"].endswith("https://news.example/inbox")


def test_nobody_is_called_by_the_words_of_strangers(local: Server) -> None:
    words = "@everyone <!channel> <@123> @here"
    one = parcel(item(title=words, message=f"more {words}"))
    send_to(local, items=one.items)
    body = said(local)
    for mention in ("@everyone", "<!channel>", "<@123>", "@here"):
        assert mention not in body["title"] + body["message"]


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (401, Result.FAILED),
        (404, Result.GONE),
        (410, Result.GONE),
        (429, Result.RETRY),
        (503, Result.RETRY),
        (302, Result.FAILED),
    ],
)
def test_answer_decides_what_becomes_of_it(
    local: Server, status: int, result: Result, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = {"Location": f"{local.url}/elsewhere"}
    local.respond = lambda _: Answer(status, elsewhere, b"words")
    outcome = send_to(local)
    assert (outcome.result, outcome.status_code) == (result, status)
    assert [request.path for request in local.requests] == ["/secret-path"]  # and no redirect
    assert "secret-path" not in outcome.detail
    assert "secret-path" not in caplog.text


def test_message_is_tried_again_when_nobody_answers(local: Server) -> None:
    local.respond = lambda _: RESET
    outcome = send_to(local)
    assert (outcome.result, outcome.is_provider) == (Result.RETRY, True)


def test_chat_whose_service_is_not_listed_any_more_is_not_written_to(proxy: Proxy) -> None:
    outcome = send({"address": "Local", "url": "json://127.0.0.1/x"})
    assert outcome.result == Result.FAILED
    assert proxy.hosts == []
