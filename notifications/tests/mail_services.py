"""Mail services: the API that takes letters, and the callbacks that tell what became of them.

Callbacks have the shapes that each service documents, and are signed as each signs them.
"""

import base64
import hashlib
import hmac
import json
import secrets
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any, ClassVar
from urllib.parse import parse_qs

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from newsnotify.lib.tests.servers import Answer, Request

SECRET = "caller:a-password-of-tests"
LETTER = "0190-letter-of-tests"


class Service(ABC):
    """A service as it is seen from here."""

    name: ClassVar[str]
    url: ClassVar[str]  # what EMAIL_URL says
    key = ""  # EMAIL_WEBHOOK_KEY
    is_signed: ClassVar[bool] = False

    @abstractmethod
    def api(self, url: str) -> dict[str, Any]:
        """Tell anymail where the service's API is."""

    @abstractmethod
    def answer(self) -> Any:
        """What it says when it takes a letter."""

    @abstractmethod
    def metadata(self, request: Request) -> dict[str, str]:
        """Read the metadata that a letter was given with."""

    @abstractmethod
    def body(self, kind: str, metadata: dict[str, str], to: str, at: datetime) -> Any:
        """Write a callback: `delivered`, `bounced`, `lost`, `deferred`, `complained`, `sent`."""

    def respond(self, request: Request) -> Answer:
        return Answer(headers={"X-Message-Id": LETTER}, body=json.dumps(self.answer()).encode())

    def headers(self, body: bytes) -> dict[str, str]:
        return {"Content-Type": "application/json"}

    def call(self, base: str, body: Any, **options: Any) -> requests.Response:
        """Post a callback, as the service does."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given: dict[str, Any] = {"auth": tuple(SECRET.split(":")), **options}
        url, headers = f"{base}/webhooks/email/{self.name}", self.headers(data)
        return requests.post(url, data, headers=headers, timeout=30, **given)


class SendGrid(Service):
    name, url, is_signed = "sendgrid", "sendgrid://SG.key", True

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        public = self._private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.key = base64.b64encode(public).decode()

    def api(self, url: str) -> dict[str, Any]:
        return {"SENDGRID_API_URL": f"{url}/v3/"}

    def answer(self) -> Any:
        return {}

    def metadata(self, request: Request) -> dict[str, str]:
        given = json.loads(request.body)
        return {**given["custom_args"], **given["personalizations"][0]["custom_args"]}

    def body(self, kind: str, metadata: dict[str, str], to: str, at: datetime) -> Any:
        words: dict[str, Any] = {
            "delivered": {"event": "delivered", "response": "250 OK"},
            "bounced": {
                "event": "bounce",
                "type": "bounce",
                "bounce_classification": "Invalid Address",
                "reason": "550 5.1.1 no such person",
                "status": "5.1.1",
            },
            "lost": {"event": "bounce", "type": "blocked", "reason": "452 4.2.2 mailbox full"},
            "deferred": {"event": "deferred", "response": "450 come back later", "attempt": "5"},
            "complained": {"event": "spamreport"},
            "sent": {"event": "processed"},
        }
        return [
            {
                "email": to,
                "timestamp": int(at.timestamp()),
                "smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>",
                "category": [],
                "sg_event_id": secrets.token_hex(11),
                "sg_message_id": f"{LETTER}.filter0001.16648.5515E0B88.0",
                **words[kind],
                **metadata,
            }
        ]

    def headers(self, body: bytes) -> dict[str, str]:
        stamp = "1600112492"
        signature = self._private.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {
            **super().headers(body),
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        }


class Mailgun(Service):
    name, url, is_signed = "mailgun", "mailgun://key-1@mg.example.org", True
    key = "a-signing-key-of-tests"

    def api(self, url: str) -> dict[str, Any]:
        return {"MAILGUN_API_URL": f"{url}/v3"}

    def answer(self) -> Any:
        return {"id": f"<{LETTER}@mg.example.org>", "message": "Queued. Thank you."}

    def metadata(self, request: Request) -> dict[str, str]:
        given = parse_qs(request.body.decode())
        return {name[2:]: value[0] for name, value in given.items() if name.startswith("v:")}

    def body(self, kind: str, metadata: dict[str, str], to: str, at: datetime) -> Any:
        words: dict[str, Any] = {
            "delivered": {"event": "delivered", "delivery-status": {"code": 250, "message": "OK"}},
            "bounced": {
                "event": "failed",
                "severity": "permanent",
                "reason": "bounce",
                "delivery-status": {"code": 550, "message": "550 5.1.1 no such person"},
            },
            "lost": {
                "event": "failed",
                "severity": "permanent",
                "reason": "old",
                "delivery-status": {"code": 602, "message": "Too old", "description": ""},
            },
            "deferred": {
                "event": "failed",
                "severity": "temporary",
                "reason": "generic",
                "delivery-status": {"code": 452, "message": "452 4.2.2 mailbox full"},
            },
            "complained": {"event": "complained"},
            "sent": {"event": "opened", "client-info": {"user-agent": "a mail program"}},
        }
        message = {"headers": {"message-id": f"{LETTER}@mg.example.org", "to": to}}
        event = {
            "id": secrets.token_urlsafe(16),
            "timestamp": at.timestamp(),
            "recipient": to,
            "message": message,
            "user-variables": metadata,
            "tags": [],
            **words[kind],
        }
        return {"signature": self.signature(), "event-data": event}

    def signature(self) -> dict[str, str]:
        stamp, token = "1529006854", secrets.token_hex(25)
        words = f"{stamp}{token}".encode()
        signed = hmac.new(self.key.encode(), words, hashlib.sha256).hexdigest()
        return {"timestamp": stamp, "token": token, "signature": signed}


class Postmark(Service):
    name, url = "postmark", "postmark://token"

    def api(self, url: str) -> dict[str, Any]:
        return {"POSTMARK_API_URL": f"{url}/"}

    def answer(self) -> Any:
        return {"ErrorCode": 0, "MessageID": LETTER, "Message": "OK", "To": "ann@example.org"}

    def metadata(self, request: Request) -> dict[str, str]:
        given: dict[str, str] = json.loads(request.body)["Metadata"]
        return given

    def body(self, kind: str, metadata: dict[str, str], to: str, at: datetime) -> Any:
        time = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        bounce = {"RecordType": "Bounce", "ID": 692560173, "Email": to, "BouncedAt": time}
        words: dict[str, Any] = {
            "delivered": {
                "RecordType": "Delivery",
                "Recipient": to,
                "DeliveredAt": time,
                "Details": "smtp;250 2.0.0 OK",
            },
            "bounced": {
                **bounce,
                "Type": "HardBounce",
                "TypeCode": 1,
                "Details": "smtp;550 5.1.1 no such person",
                "Description": "The server was unable to deliver your message",
                "Inactive": True,
            },
            "lost": {**bounce, "Type": "SoftBounce", "TypeCode": 4096, "Inactive": False},
            "deferred": {**bounce, "Type": "Transient", "TypeCode": 2, "Inactive": False},
            "complained": {
                **bounce,
                "RecordType": "SpamComplaint",
                "Type": "SpamComplaint",
                "TypeCode": 100001,
                "Inactive": True,
            },
            "sent": {"RecordType": "Open", "Recipient": to, "ReceivedAt": time},
        }
        return {
            "ServerID": 23,
            "MessageStream": "outbound",
            "MessageID": LETTER,
            "Metadata": metadata,
            **words[kind],
        }


class Ses(Service):
    name, url = "ses", "ses://key:secret@eu-west-1"

    def api(self, url: str) -> dict[str, Any]:
        keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
        params = {**keys, "region_name": "eu-west-1", "endpoint_url": url}
        return {"AMAZON_SES_CLIENT_PARAMS": params}

    def answer(self) -> Any:
        return {"MessageId": LETTER}

    def metadata(self, request: Request) -> dict[str, str]:
        raw = json.loads(request.body)["Content"]["Raw"]["Data"]
        found: dict[str, str] = json.loads(message_from_bytes(base64.b64decode(raw))["X-Metadata"])
        return found

    def body(self, kind: str, metadata: dict[str, str], to: str, at: datetime) -> Any:
        time = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        person = {"emailAddress": to, "status": "5.1.1", "action": "failed"}
        bounce = {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {**person, "diagnosticCode": "smtp; 550 5.1.1 no such person"},
            ],
            "timestamp": time,
        }
        transient = {**bounce, "bounceType": "Transient"}
        words: dict[str, Any] = {
            "delivered": ("Delivery", {"recipients": [to], "smtpResponse": "250 2.0.0 OK"}),
            "bounced": ("Bounce", bounce),
            "lost": ("Bounce", {**transient, "bounceSubType": "MailboxFull"}),
            "deferred": ("Bounce", transient),
            "complained": (
                "Complaint",
                {"complainedRecipients": [{"emailAddress": to}], "complaintFeedbackType": "abuse"},
            ),
            "sent": ("Send", {}),
        }
        name, told = words[kind]
        mail = {
            "timestamp": time,
            "messageId": LETTER,
            "destination": [to],
            "headersTruncated": False,
            "headers": [{"name": "X-Metadata", "value": json.dumps(metadata)}],
        }
        message = {"eventType": name, "mail": mail, name.lower(): told}
        return self.envelope("Notification", time, Message=json.dumps(message))

    def envelope(self, kind: str, time: str, **fields: str) -> dict[str, str]:
        return {
            "Type": kind,
            "MessageId": secrets.token_hex(16),
            "TopicArn": "arn:aws:sns:eu-west-1:123456789012:letters",
            "Timestamp": time,
            "SignatureVersion": "1",
            "Signature": "EXAMPLE",
            **fields,
        }

    def headers(self, body: bytes) -> dict[str, str]:
        told = json.loads(body)
        return {
            "Content-Type": "text/plain; charset=UTF-8",
            "x-amz-sns-message-type": told["Type"],
            "x-amz-sns-message-id": told["MessageId"],
        }


SERVICES: tuple[type[Service], ...] = (SendGrid, Mailgun, Postmark, Ses)
