"""What a service's words mean for a letter and its address, as anymail reads them."""

import json
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import RequestFactory
from django.utils.module_loading import import_string

from notifications.callback_views import READERS
from notifications.transports.mail_reports import Effect, Fate, Report, report_of
from notifications.transports.marks import letter_of, mark

pytestmark = pytest.mark.filterwarnings(
    # It lost anymail's promise of support, not what anymail does for it.
    "ignore::anymail.exceptions.AnymailNotSupportedWarning"
)


def read(service: str, body: Any) -> Report | None:
    reader = import_string(READERS[service])()
    request = RequestFactory().post("/", json.dumps(body), content_type="application/json")
    (event,) = reader.parse_events(request)
    return report_of(service, event)


def of_sendgrid(event: str, **given: Any) -> Any:
    return [{"email": "ann@example.org", "timestamp": 1600000000, "event": event, **given}]


def of_mailgun(event: str, **given: Any) -> Any:
    data = {"event": event, "timestamp": 1600000000.5, "recipient": "ann@example.org", **given}
    return {"event-data": data}


def of_postmark(record: str, kind: str = "", **given: Any) -> Any:
    return {"RecordType": record, "Type": kind, "Email": "ann@example.org", **given}


def of_ses(kind: str, sub: str) -> Any:
    told = {
        "bounceType": kind,
        "bounceSubType": sub,
        "bouncedRecipients": [{"emailAddress": "ann@example.org"}],
    }
    event = {"eventType": "Bounce", "mail": {}, "bounce": told}
    return {"Type": "Notification", "Message": json.dumps(event)}


MEANINGS = [
    ("sendgrid", of_sendgrid("bounce", type="bounce"), Fate.BOUNCED, Effect.GONE),
    ("sendgrid", of_sendgrid("bounce"), Fate.BOUNCED, Effect.GONE),
    ("sendgrid", of_sendgrid("bounce", type="blocked"), Fate.BOUNCED, Effect.FAILING),
    ("sendgrid", of_sendgrid("bounce", type="expired"), Fate.BOUNCED, Effect.FAILING),
    ("sendgrid", of_sendgrid("dropped", reason="Bounced Address"), Fate.BOUNCED, Effect.GONE),
    ("sendgrid", of_sendgrid("dropped", reason="Invalid"), Fate.BOUNCED, Effect.GONE),
    ("sendgrid", of_sendgrid("dropped", reason="Spam Content"), Fate.FAILED, Effect.FAILING),
    (
        "sendgrid",
        of_sendgrid("dropped", reason="Unsubscribed Address"),
        Fate.FAILED,
        Effect.STOPPED,
    ),
    ("sendgrid", of_sendgrid("deferred"), Fate.DEFERRED, Effect.NONE),
    ("sendgrid", of_sendgrid("group_unsubscribe"), Fate.STOPPED, Effect.STOPPED),
    ("mailgun", of_mailgun("failed", severity="temporary"), Fate.DEFERRED, Effect.NONE),
    (
        "mailgun",
        of_mailgun("failed", severity="permanent", reason="suppress-bounce"),
        Fate.BOUNCED,
        Effect.GONE,
    ),
    (
        "mailgun",
        of_mailgun("failed", severity="permanent", reason="generic"),
        Fate.BOUNCED,
        Effect.FAILING,
    ),
    (
        "mailgun",
        of_mailgun("failed", severity="permanent", reason="suppress-complaint"),
        Fate.FAILED,
        Effect.SPAM,
    ),
    (
        "mailgun",
        of_mailgun("failed", severity="permanent", reason="suppress-unsubscribe"),
        Fate.FAILED,
        Effect.STOPPED,
    ),
    (
        "mailgun",
        of_mailgun("rejected", reject={"reason": "Sandbox", "description": ""}),
        Fate.FAILED,
        Effect.FAILING,
    ),
    ("mailgun", of_mailgun("unsubscribed"), Fate.STOPPED, Effect.STOPPED),
    ("postmark", of_postmark("Bounce", "HardBounce"), Fate.BOUNCED, Effect.GONE),
    ("postmark", of_postmark("Bounce", "SoftBounce"), Fate.BOUNCED, Effect.FAILING),
    ("postmark", of_postmark("Bounce", "SoftBounce", Inactive=True), Fate.BOUNCED, Effect.GONE),
    ("postmark", of_postmark("Bounce", "BadEmailAddress"), Fate.BOUNCED, Effect.GONE),
    ("postmark", of_postmark("Bounce", "Blocked"), Fate.FAILED, Effect.FAILING),
    (
        "postmark",
        of_postmark("Bounce", "ManuallyDeactivated", Inactive=True),
        Fate.BOUNCED,
        Effect.GONE,
    ),
    ("postmark", of_postmark("Bounce", "VirusNotification"), Fate.FAILED, Effect.FAILING),
    ("postmark", of_postmark("Bounce", "DnsError"), Fate.DEFERRED, Effect.NONE),
    (
        "postmark",
        of_postmark("SubscriptionChange", SuppressSending=True),
        Fate.STOPPED,
        Effect.STOPPED,
    ),
    ("ses", of_ses("Permanent", "NoEmail"), Fate.BOUNCED, Effect.GONE),
    ("ses", of_ses("Permanent", "OnAccountSuppressionList"), Fate.BOUNCED, Effect.GONE),
    ("ses", of_ses("Transient", "MailboxFull"), Fate.BOUNCED, Effect.FAILING),
    ("ses", of_ses("Transient", "General"), Fate.DEFERRED, Effect.NONE),
    ("ses", of_ses("Undetermined", "Undetermined"), Fate.BOUNCED, Effect.FAILING),
]


@pytest.mark.parametrize(("service", "body", "fate", "effect"), MEANINGS)
def test_word_of_a_service_has_one_meaning(
    settings: LazySettings, service: str, body: Any, fate: Fate, effect: Effect
) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": "caller:password", "MAILGUN_WEBHOOK_SIGNING_KEY": "key"}
    report = read(service, body)
    assert report
    assert (report.fate, report.effect) == (fate, effect)
    assert report.recipient == "ann@example.org"


@pytest.mark.parametrize(
    ("service", "body"),
    [
        ("sendgrid", of_sendgrid("open")),
        ("sendgrid", of_sendgrid("processed")),
        ("sendgrid", of_sendgrid("of-tomorrow")),
        ("mailgun", of_mailgun("clicked")),
        ("postmark", of_postmark("Bounce", "AutoResponder")),
        ("postmark", of_postmark("SubscriptionChange", SuppressSending=False)),
    ],
)
def test_what_is_no_fate_means_nothing(settings: LazySettings, service: str, body: Any) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": "caller:password", "MAILGUN_WEBHOOK_SIGNING_KEY": "key"}
    assert read(service, body) is None


def test_mark_is_read_by_the_house_that_made_it(settings: LazySettings) -> None:
    made = mark("digest_999999999999999999")
    assert letter_of(made) == "digest_999999999999999999"
    assert all(len(name) <= 20 and len(value) <= 80 for name, value in made.items())  # Postmark's
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "k" * 50, [settings.SECRET_KEY]
    assert letter_of(made) == "digest_999999999999999999"
    settings.SECRET_KEY_FALLBACKS = []
    assert letter_of(made) == ""
