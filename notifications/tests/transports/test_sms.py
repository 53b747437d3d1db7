"""SMS: numbers, and what a local HTTP service is given for one."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.core.exceptions import ValidationError

from newsnotify.lib.tests.servers import Answer, Server
from notifications.tests.transports.parcels import item, parcel
from notifications.transports.base import Outcome, Parcel, Result
from notifications.transports.proving import Question
from notifications.transports.sms import Sms

NUMBER = "+4915112345678"


@pytest.fixture
def service(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server(lambda _: Answer(body=b"{}")) as server:
        settings.SMS_URL = server.url.replace("http://", "json://me:secret@") + "/sms/{to}"
        yield server


def send(given: Parcel) -> Outcome:
    return asyncio.run(Sms().send(given))


def said(service: Server) -> str:
    message: str = json.loads(service.requests[-1].body)["message"]
    return message


@pytest.mark.parametrize("given", [NUMBER, " +49 151 12345678 ", "+49 (0)151 1234-5678"])
def test_number_is_kept_as_e164(service: Server, given: str) -> None:
    address = Sms().clean({"address": given})
    assert (address.shown, address.sealed) == (NUMBER, {})


@pytest.mark.parametrize(
    "given",
    [
        *("", "15112345678", "004915112345678", "+1", "+999123456789", "+49151x", None, 49),
        *("+" * 99, "+4915112345678;ext=5", "+49 151 1234567890123456"),
    ],
)
def test_number_is_refused_when_it_is_none(service: Server, given: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Sms().clean({"address": given})
    assert set(refused.value.message_dict) == {"address"}


def test_sms_is_not_offered_when_no_service_is_named(settings: LazySettings) -> None:
    settings.SMS_URL = ""
    assert not Sms().is_offered
    assert send(parcel(address={"address": NUMBER})).is_provider


def test_sms_is_one_short_message_with_a_link(service: Server) -> None:
    long = item(message="word " * 200)
    assert send(parcel(long, address={"address": NUMBER})) == Outcome(Result.SENT)
    (request,) = service.requests
    assert request.path == "/sms/4915112345678"
    assert len(said(service)) <= 160
    assert said(service).startswith("Water found on the Moon 1. word word")
    assert said(service).endswith("… https://news.example/inbox/1")


def test_sms_of_another_alphabet_is_shorter(service: Server) -> None:
    long = item(title="Вода на Луне", message="слово " * 200)
    send(parcel(long, address={"address": NUMBER}, language="ru"))
    assert len(said(service)) <= 134
    assert said(service).startswith("Вода на Луне. слово")


def test_code_comes_alone(service: Server) -> None:
    question = Question("c", {"address": NUMBER}, "042042", "https://news.example/x", "ru", 30)
    assert asyncio.run(Sms().ask(question)).result == Result.SENT
    assert said(service) == "042042 — ваш код для NewsNotify."


@pytest.mark.parametrize(
    ("status", "result"), [(400, Result.FAILED), (429, Result.RETRY), (500, Result.RETRY)]
)
def test_answer_decides_what_becomes_of_it(service: Server, status: int, result: Result) -> None:
    service.respond = lambda _: Answer(status)
    outcome = send(parcel(address={"address": NUMBER}))
    assert (outcome.result, outcome.status_code) == (result, status)
    assert "secret" not in outcome.detail


def test_service_that_apprise_does_not_know_is_the_operator_s_to_mend(
    settings: LazySettings,
) -> None:
    settings.SMS_URL = "nonsense://{to}"
    outcome = send(parcel(address={"address": NUMBER}))
    assert (outcome.result, outcome.is_provider) == (Result.RETRY, True)
