"""Mail services tell what became of letters: from an event over their API and back to us."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from accounts.tests.factories import make_user
from newsnotify.asgi import make_application
from newsnotify.lib import counts
from newsnotify.lib.tests.asgi_serving import serve
from newsnotify.lib.tests.servers import Answer, Server
from newsnotify.mail_callbacks import agreed
from newsnotify.mail_servers import server as mail_server
from notifications import posting, replaying, reports
from notifications.channels import change
from notifications.deliver import deliver_due
from notifications.models import Attempt, Channel, Delivery, Notification
from notifications.realtime.hub import Hubs
from notifications.tests.mail_services import SECRET, SERVICES, Mailgun, SendGrid, Service, Ses
from notifications.transports import registry
from notifications.transports.mail_reports import Effect, Fate, Report
from notifications.transports.marks import mark

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # SendGrid lost anymail's promise of support, not what anymail does for it.
    pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning"),
]

ANN = "ann@example.org"
State = Delivery.State


@pytest.fixture(params=SERVICES, ids=lambda kind: kind.name)
def service(request: pytest.FixtureRequest) -> Service:
    made: Service = request.param()
    return made


@pytest.fixture
def api(
    service: Service, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """The end at which the service takes letters, which we are configured for."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server(service.respond) as taking:
        named = mail_server(service.url)
        callers = agreed(service.name, SECRET, service.key)
        settings.EMAIL_URL, settings.EMAIL_BACKEND = service.url, named.backend
        settings.EMAIL_WEBHOOK_SERVICE = service.name
        settings.ANYMAIL = {**named.service, **service.api(taking.url), **callers}
        yield taking
        registry.TRANSPORTS["email"].close()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def house() -> Iterator[str]:
    with serve(make_application(Hubs()), lifespan="on") as address:
        yield f"http://{address}"


@pytest.fixture
def channel() -> Channel:
    return Channel.objects.create(
        user=make_user(), kind="email", address=ANN, provider="email", verified_at=now()
    )


def tell(channel: Channel) -> Notification:
    fields = {"title": "Water on the Moon", "message": "A probe saw it."}
    return posting.notify(producer=posting.Producer(), user=channel.user, fields=fields, now=now())


def sent(channel: Channel) -> Delivery:
    """Tell somebody, and have the worker hand the letter over."""
    row = tell(channel)
    deliver_due(now)
    return Delivery.objects.get(notification=row)


def log_of(delivery: Delivery) -> list[tuple[str, str]]:
    rows = Attempt.objects.filter(delivery=delivery).order_by("pk")
    return list(rows.values_list("result", "actor"))


def status_of(delivery: Delivery) -> str:
    return Notification.objects.select_related("event").get(pk=delivery.notification_id).status


def counted(service: str, result: str) -> float:
    labels = {"service": service, "result": result}
    return counts.REGISTRY.get_sample_value("newsnotify_mail_callbacks_total", labels) or 0


def test_letter_is_taken_arrives_and_comes_back(
    service: Service, api: Server, house: str, channel: Channel
) -> None:
    delivery = sent(channel)
    assert (delivery.state, status_of(delivery)) == (State.SENT, "sent")
    assert Attempt.objects.get(delivery=delivery).detail.startswith("taken as ")
    metadata = service.metadata(api.requests[0])

    at = now()
    answer = service.call(house, service.body("delivered", metadata, ANN, at))
    assert (answer.status_code, answer.content) == (200, b"")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.due_at, status_of(delivery)) == (
        State.DELIVERED,
        None,
        "delivered",
    )
    assert log_of(delivery) == [("sent", "worker"), ("delivered", service.name)]

    later = at + timedelta(seconds=1)
    assert service.call(house, service.body("bounced", metadata, ANN, later)).ok
    delivery.refresh_from_db()
    assert (delivery.state, status_of(delivery)) == (State.BOUNCED, "failed")
    assert "550 5.1.1 no such person" in delivery.reason
    attempt = Attempt.objects.latest("pk")
    assert (attempt.result, attempt.actor) == ("bounced", service.name)
    assert attempt.status_code == 550
    assert abs(attempt.at - later) < timedelta(seconds=1)
    channel.refresh_from_db()
    assert not channel.is_enabled
    assert "no such person" in channel.disabled_reason
    word = Notification.objects.filter(user=channel.user).latest("pk")
    assert word.event.title == f"A channel was switched off: email {ANN}"
    assert "no such person" in word.event.message
    assert len(api.requests) == 1


@pytest.mark.parametrize("order", [("delivered", "bounced"), ("bounced", "delivered")])
def test_order_and_repetition_change_nothing(
    service: Service, api: Server, house: str, channel: Channel, order: tuple[str, str]
) -> None:
    delivery = sent(channel)
    metadata, at = service.metadata(api.requests[0]), now()
    bodies = [service.body(kind, metadata, ANN, at) for kind in order]
    for body in [*bodies, *bodies, *reversed(bodies)]:
        assert service.call(house, body).status_code == 200
    delivery.refresh_from_db()
    assert delivery.state == State.BOUNCED
    assert [result for result, _ in log_of(delivery)] == ["sent", *order]
    assert Notification.objects.filter(user=channel.user).count() == 2  # and the one word


def test_owner_s_word_stands_when_a_bounce_is_told_again(
    service: Service, api: Server, house: str, channel: Channel
) -> None:
    sent(channel)
    body = service.body("bounced", service.metadata(api.requests[0]), ANN, now())
    assert service.call(house, body).ok
    channel.refresh_from_db()
    change(channel=channel, enabled=True)
    assert service.call(house, body).ok
    channel.refresh_from_db()
    assert channel.is_enabled


def test_letter_lost_for_now_leaves_the_channel_on(
    service: Service, api: Server, house: str, channel: Channel
) -> None:
    delivery = sent(channel)
    assert service.call(
        house, service.body("lost", service.metadata(api.requests[0]), ANN, now())
    ).ok
    delivery.refresh_from_db()
    channel.refresh_from_db()
    assert (delivery.state, channel.is_enabled) == (State.BOUNCED, True)
    assert channel.failing_since


def test_delay_stands_in_the_log_alone(
    service: Service, api: Server, house: str, channel: Channel
) -> None:
    delivery = sent(channel)
    metadata, start = service.metadata(api.requests[0]), now()
    for number in range(30):
        body = service.body("deferred", metadata, ANN, start + timedelta(seconds=number))
        assert service.call(house, body).ok
    delivery.refresh_from_db()
    channel.refresh_from_db()
    assert (delivery.state, channel.is_enabled, channel.last_error) == (State.SENT, True, "")
    assert log_of(delivery).count(("deferred", service.name)) == reports.MOST_LOGGED
    assert service.call(house, service.body("delivered", metadata, ANN, now())).ok
    delivery.refresh_from_db()
    assert delivery.state == State.DELIVERED


def test_complaint_stops_the_channel_and_says_so(
    service: Service, api: Server, house: str, channel: Channel
) -> None:
    delivery = sent(channel)
    metadata = service.metadata(api.requests[0])
    assert service.call(house, service.body("complained", metadata, ANN, now())).ok
    delivery.refresh_from_db()
    channel.refresh_from_db()
    assert (delivery.state, channel.is_enabled) == (State.DELIVERED, False)
    assert channel.disabled_reason == reports.SPAM
    assert log_of(delivery)[-1] == ("complained", service.name)


def test_what_is_no_fate_is_taken_and_counted(
    service: Service, api: Server, house: str, channel: Channel
) -> None:
    delivery = sent(channel)
    before = counted(service.name, "ignored")
    assert service.call(
        house, service.body("sent", service.metadata(api.requests[0]), ANN, now())
    ).ok
    assert counted(service.name, "ignored") == before + 1
    assert log_of(delivery) == [("sent", "worker")]


@pytest.mark.usefixtures("api", "channel")
@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"newsnotify": "msg_1"},
        {"newsnotify": "msg_1:of-another-house"},
        mark("msg_999999999999999999"),
        mark("digest_1"),
        mark("' OR 1=1 --"),
        mark("code-1-12345678"),
    ],
)
def test_letters_of_others_are_taken_and_counted(
    service: Service, house: str, metadata: dict[str, str]
) -> None:
    before = counted(service.name, "unknown")
    answer = service.call(house, service.body("bounced", metadata, ANN, now()))
    assert answer.status_code == 200
    assert counted(service.name, "unknown") == before + 1
    assert Attempt.objects.count() == 0


def test_bounce_of_a_former_address_leaves_the_present_one_on(
    service: Service, api: Server, house: str, channel: Channel
) -> None:
    delivery = sent(channel)
    Channel.objects.update(address="new@example.org")
    metadata = service.metadata(api.requests[0])
    assert service.call(house, service.body("bounced", metadata, ANN, now())).ok
    delivery.refresh_from_db()
    channel.refresh_from_db()
    assert (delivery.state, channel.is_enabled) == (State.BOUNCED, True)


def test_everything_in_a_letter_goes_its_way(
    service: Service, api: Server, house: str, channel: Channel
) -> None:
    rows = [tell(channel) for _ in range(3)]
    Delivery.objects.update(
        state=State.HELD, reason="digest", due_at=now(), channel=channel, kind="email"
    )
    deliver_due(now)
    assert len(api.requests) == 1
    assert service.call(
        house, service.body("delivered", service.metadata(api.requests[0]), ANN, now())
    ).ok
    assert Counter(Delivery.objects.values_list("state", flat=True)) == {State.DELIVERED: 3}
    assert {status_of(row) for row in Delivery.objects.all()} == {"delivered"}
    assert Attempt.objects.filter(actor=service.name).count() == len(rows)


def test_arrival_ends_what_was_to_be_tried_again(
    service: Service, api: Server, house: str, channel: Channel
) -> None:
    """The service took the letter, and its answer never came."""
    taken = service.respond
    api.respond = lambda _: Answer(500)
    delivery = sent(channel)
    assert delivery.state == State.RETRY
    body = service.body("delivered", service.metadata(api.requests[0]), ANN, now())
    assert service.call(house, body).ok
    api.respond = taken
    count = len(api.requests)
    deliver_due(lambda: now() + timedelta(days=1))
    delivery.refresh_from_db()
    assert (delivery.state, len(api.requests)) == (State.DELIVERED, count)


def test_arrival_stands_when_it_is_told_before_the_letter_is_noted(
    service: Service, api: Server, house: str, channel: Channel
) -> None:
    """The callback comes while the service still answers the worker."""

    def tells_at_once(request: Any) -> Answer:
        body = service.body("delivered", service.metadata(request), ANN, now())
        assert service.call(house, body).ok
        return service.respond(request)

    api.respond = tells_at_once
    delivery = sent(channel)
    assert (delivery.state, delivery.due_at) == (State.DELIVERED, None)
    assert status_of(delivery) == "delivered"


def test_what_is_sent_once_more_waits_for_its_own_report(
    service: Service, api: Server, house: str, channel: Channel
) -> None:
    delivery = sent(channel)
    metadata, at = service.metadata(api.requests[0]), now()
    assert service.call(house, service.body("lost", metadata, ANN, at)).ok
    replaying.replay(Delivery.objects.all(), actor="user 1", now=now())
    assert service.call(
        house, service.body("delivered", metadata, ANN, at + timedelta(seconds=1))
    ).ok
    delivery.refresh_from_db()
    assert delivery.state == State.PENDING
    deliver_due(now)
    assert service.call(
        house, service.body("delivered", metadata, ANN, at + timedelta(seconds=2))
    ).ok
    delivery.refresh_from_db()
    assert delivery.state == State.DELIVERED


def test_code_that_does_not_get_there_is_noted_on_its_channel(
    service: Service, api: Server, house: str, channel: Channel
) -> None:
    Channel.objects.update(verified_at=None)
    metadata = mark(f"code-{channel.pk}-12345678")
    assert service.call(house, service.body("bounced", metadata, ANN, now())).ok
    channel.refresh_from_db()
    assert "no such person" in channel.last_error
    assert channel.is_enabled
    assert api.requests == []


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("auth", [None, ("caller", "wrong"), ("", "")])
def test_caller_without_the_password_is_refused(
    service: Service, house: str, channel: Channel, auth: tuple[str, str] | None
) -> None:
    body = service.body("bounced", mark("msg_1"), ANN, now())
    answer = service.call(house, body, auth=auth)
    assert answer.status_code == (403 if auth else 401)
    if not auth:
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="NewsNotify"'
    assert Attempt.objects.count() == 0


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("service", [SendGrid, Mailgun], indirect=True, ids=lambda kind: kind.name)
@pytest.mark.parametrize("has_password", [True, False])
def test_caller_whose_signature_is_another_s_is_refused(
    service: Service, house: str, settings: LazySettings, has_password: bool
) -> None:
    if not has_password:
        told = {name: value for name, value in settings.ANYMAIL.items() if name != "WEBHOOK_SECRET"}
        settings.ANYMAIL = told
    body = service.body("bounced", mark("msg_1"), ANN, now())
    if "signature" in body:
        body["signature"]["signature"] = "0" * 64
    auth = tuple(SECRET.split(":")) if has_password else None
    assert type(service)().call(house, body, auth=auth).status_code == 403
    right = service.body("bounced", mark("msg_1"), ANN, now())
    assert service.call(house, right, auth=auth).status_code == 200


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"7",
        b"[]",
        b"[7]",
        b"[{}]",
        b'"x"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"RecordType": "Bounce", "Type": {}, "BouncedAt": 7, "Metadata": [], "Email": {}}',
        b'[{"event": [], "timestamp": 1e300}]',
        b'[{"event": "bounce", "type": {}, "timestamp": "x", "newsnotify": {}}]',
        b'{"signature": [], "event-data": 7}',
        b'{"Type": "Notification", "MessageId": "1", "Message": "[[]]"}',
    ],
)
def test_nonsense_is_no_fault_of_ours(service: Service, house: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    if isinstance(service, Ses):
        headers |= {"x-amz-sns-message-type": "Notification", "x-amz-sns-message-id": "1"}
    else:
        headers |= service.headers(body)
    answer = requests.post(
        f"{house}/webhooks/email/{service.name}",
        body,
        auth=tuple(SECRET.split(":")),  # type: ignore[arg-type]
        headers=headers,
        timeout=30,
    )
    assert answer.status_code in {200, 400, 403}
    assert Attempt.objects.count() == 0


def with_odd_fields(body: Any, odd: Any) -> Iterator[Any]:
    """Write a body again and again, each time with one of its fields odd."""
    if isinstance(body, list):
        for index, each in enumerate(body):
            yield from (
                [*body[:index], other, *body[index + 1 :]] for other in with_odd_fields(each, odd)
            )
    elif isinstance(body, dict):
        for name, value in body.items():
            yield {**body, name: odd}
            if name != "signature":
                yield from ({**body, name: other} for other in with_odd_fields(value, odd))


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("odd", [None, 7, 1e300, "\ud800\0", [], [{}], {}, {"a": []}], ids=repr)
def test_odd_fields_are_no_fault_of_ours(
    service: Service, house: str, channel: Channel, odd: Any
) -> None:
    delivery = sent(channel)
    body = service.body("bounced", mark(delivery.parcel_id), ANN, now())
    bodies = list(with_odd_fields(body, odd))
    if isinstance(service, Ses):
        inner = with_odd_fields(json.loads(body["Message"]), odd)
        bodies = [{**body, "Message": json.dumps(each)} for each in inner]
    assert len(bodies) > 9
    answers = Counter(service.call(house, each).status_code for each in bodies)
    assert set(answers) <= {200, 400, 403}, answers


@pytest.mark.usefixtures("api")
def test_odd_words_and_times_are_kept_as_they_can_be(
    service: Service, house: str, channel: Channel
) -> None:
    delivery = sent(channel)
    long_ago = datetime(1990, 1, 1, tzinfo=UTC)
    body = service.body("bounced", mark(delivery.parcel_id), ANN, long_ago)
    odd = json.dumps("no such person\0\ud800\u202e" + "x" * 9000)[1:-1]
    if isinstance(service, Ses):
        body["Message"] = body["Message"].replace("no such person", odd)
        text = json.dumps(body)
    else:
        text = json.dumps(body).replace("no such person", odd)
    assert service.call(house, text.encode()).status_code == 200
    attempt = Attempt.objects.latest("pk")
    assert attempt.detail.endswith("no such person" + "x" * (200 - attempt.detail.index("x")))
    assert now() - attempt.at < timedelta(minutes=5)


@pytest.mark.usefixtures("api")
def test_body_that_is_too_large_is_not_read(service: Service, house: str) -> None:
    answer = service.call(house, service.body("sent", {"x": "x" * 1024**2}, ANN, now()))
    assert answer.status_code == 413


@pytest.mark.usefixtures("api")
def test_path_answers_with_and_without_a_slash_and_to_its_service_alone(
    service: Service, house: str, settings: LazySettings
) -> None:
    path = f"{house}/webhooks/email/{service.name}"
    assert requests.head(f"{path}/", timeout=10).status_code == 200
    assert requests.get(path, timeout=10).status_code == 405
    for other in {"sendgrid", "mailgun", "postmark", "ses", "smtp"} - {service.name}:
        assert requests.post(f"{house}/webhooks/email/{other}", timeout=10).status_code == 404
    settings.EMAIL_WEBHOOK_SERVICE = ""
    assert requests.post(path, timeout=10).status_code == 404
    assert requests.head(path, timeout=10).status_code == 404


@pytest.mark.usefixtures("api")
def test_report_that_comes_many_times_at_once_is_one(
    service: Service, house: str, channel: Channel
) -> None:
    delivery = sent(channel)
    body = service.body("bounced", mark(delivery.parcel_id), ANN, now())
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: service.call(house, body).status_code, range(8)))
    assert answers == [200] * 8
    assert log_of(delivery) == [("sent", "worker"), ("bounced", service.name)]
    assert Notification.objects.filter(user=channel.user).count() == 2


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("service", [SendGrid], indirect=True, ids=["sendgrid"])
def test_many_reports_in_one_call_cost_few_statements(
    service: Service, house: str, channel: Channel
) -> None:
    for _ in range(60):
        tell(channel)
    deliver_due(now)
    rows = list(Delivery.objects.all())
    events = [service.body("delivered", mark(row.parcel_id), ANN, now())[0] for row in rows]
    assert service.call(house, [*events, *events]).ok
    assert Counter(Delivery.objects.values_list("state", flat=True)) == {State.DELIVERED: 60}
    found = [
        Report(row.parcel_id, Fate.BOUNCED, Effect.GONE, ANN, now(), "550 5.1.1 no such person")
        for row in rows
    ]
    with CaptureQueriesContext(connection) as queries:
        assert reports.take(found, service.name, now()) == {"bounced": 60}
    assert len(queries) < 60


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("service", [SendGrid], indirect=True, ids=["sendgrid"])
def test_reader_who_stops_at_the_service_gets_no_more(
    service: Service, api: Server, house: str, channel: Channel
) -> None:
    delivery = sent(channel)
    [event] = service.body("complained", mark(delivery.parcel_id), ANN, now())
    assert service.call(house, [{**event, "event": "unsubscribe"}]).ok
    channel.refresh_from_db()
    assert (channel.is_enabled, channel.disabled_reason) == (False, reports.STOPPED)
    assert log_of(delivery)[-1] == ("stopped", "sendgrid")
    assert Notification.objects.count() == 1  # he knows
    tell(channel)
    deliver_due(now)
    assert len(api.requests) == 1


@pytest.mark.parametrize("service", [Ses], indirect=True, ids=["ses"])
@pytest.mark.parametrize(("status", "expected"), [(200, 200), (403, 503)])
def test_amazon_s_topic_is_confirmed_where_it_asked(
    service: Ses, api: Server, house: str, status: int, expected: int
) -> None:
    done = (
        b"<ConfirmSubscriptionResponse><ConfirmSubscriptionResult/></ConfirmSubscriptionResponse>"
    )
    api.respond = lambda _: Answer(status, body=done)
    asking = service.envelope("SubscriptionConfirmation", now().isoformat(), Token="a-token")
    assert service.call(house, asking).status_code == expected
    asked = parse_qs(api.requests[0].body.decode())
    assert asked["Action"] == ["ConfirmSubscription"]
    assert asked["TopicArn"] == [asking["TopicArn"]]
    count = len(api.requests)
    assert service.call(house, asking, auth=None).status_code == 401
    assert service.call(house, asking, auth=("caller", "wrong")).status_code == 403
    assert len(api.requests) == count
