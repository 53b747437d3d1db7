"""A mail service by its HTTP API: what it is given, and what its answers mean."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from newsnotify.lib.tests.servers import RESET, Answer, Server
from newsnotify.mail_servers import server
from notifications.tests.transports.parcels import parcel
from notifications.transports.base import Outcome, Result
from notifications.transports.email import Email
from notifications.transports.marks import letter_of

TAKEN = {"ErrorCode": 0, "MessageID": "1", "Message": "OK", "To": "ann@example.org"}
REFUSED = {
    "ErrorCode": 406,
    "Message": "Found inactive addresses: ann@example.org. Inactive recipients are ones that",
}


@pytest.fixture
def postmark(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    named = server("postmark://token-of-ours")
    with Server(lambda _: Answer(body=json.dumps(TAKEN).encode())) as service:
        settings.EMAIL_BACKEND = named.backend
        settings.ANYMAIL = {**named.service, "POSTMARK_API_URL": f"{service.url}/"}
        yield service


def send() -> Outcome:
    email = Email()
    try:
        return asyncio.run(email.send(parcel()))
    finally:
        email.close()


def test_letter_is_given_whole(postmark: Server) -> None:
    assert send() == Outcome(Result.SENT, detail="taken as 1")
    (request,) = postmark.requests
    assert request.headers["x-postmark-server-token"] == "token-of-ours"
    given = json.loads(request.body)
    assert (given["To"], given["Subject"]) == ("ann@example.org", "Water found on the Moon 1")
    headers = {each["Name"]: each["Value"] for each in given["Headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"].startswith("<https://")
    assert headers["Message-ID"] == "<msg_1@127.0.0.1>"
    assert letter_of(given["Metadata"]) == "msg_1"


@pytest.mark.parametrize(
    ("status", "body", "result", "is_provider"),
    [
        (422, REFUSED, Result.GONE, False),
        (422, {"ErrorCode": 406, "Message": "in words of tomorrow"}, Result.RETRY, True),
        (422, {"ErrorCode": 300, "Message": "Invalid"}, Result.FAILED, False),
        (401, {"ErrorCode": 10, "Message": "Bad token-of-ours"}, Result.RETRY, True),
        (429, {"ErrorCode": 429, "Message": "slow"}, Result.RETRY, True),
        (500, {"ErrorCode": 100, "Message": "down"}, Result.RETRY, True),
    ],
)
def test_answer_decides_what_becomes_of_it(
    postmark: Server, status: int, body: dict[str, object], result: Result, is_provider: bool
) -> None:
    postmark.respond = lambda _: Answer(status, body=json.dumps(body).encode())
    outcome = send()
    assert (outcome.result, outcome.is_provider) == (result, is_provider)
    assert "token-of-ours" not in outcome.detail


def test_letter_is_tried_again_when_nobody_answers(postmark: Server) -> None:
    postmark.respond = lambda _: RESET
    outcome = send()
    assert (outcome.result, outcome.is_provider) == (Result.RETRY, True)
