"""Who may call what: every route of the API, by group. Read it as a list of promises.

`{reader}`, `{notification}` and so on stand for rows of one reader; `other` is another reader.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Who(Enum):
    NOBODY = "nobody"
    READER = "reader"
    OTHER = "other reader"
    EDITOR = "editor"
    ADMIN = "admin"
    BARE_KEY = "key without a scope"
    KEY = "key with scopes"


EVERYBODY = frozenset(Who)
PEOPLE = frozenset({Who.READER, Who.OTHER, Who.EDITOR, Who.ADMIN})
OWNER = frozenset({Who.READER})
EDITORS = frozenset({Who.EDITOR, Who.ADMIN})
ADMINS = frozenset({Who.ADMIN})
PRODUCERS = frozenset({Who.KEY, Who.ADMIN})
OWNER_AND_PRODUCERS = OWNER | PRODUCERS


class Multipart(dict[str, Any]):
    """A body that is no JSON."""


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    body: Any = field(default=None, hash=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


NEW = {"email": "new@example.org", "password": "correct-horse-battery"}
SECRET = "correct-horse-battery"
CREDENTIALS = {"email": "reader@example.org", "password": SECRET, "otp": "{recovery_code}"}
REFRESH = {"refresh_token": "{refresh_token}"}
TO_READER = {"user_id": "{reader}", "message": "Hello"}
EVENT = {"title": "Disk full", "message": "On host a."}
EMAIL_CHANGE = {"email": "new@example.org", "current_password": SECRET}
PASSWORD_CHANGE = {"current_password": SECRET, "new_password": "another-horse-battery"}
RESET = {"token": "{reset_token}", "password": "another-horse-battery"}
CODE = {"current_password": SECRET, "otp": "{otp}"}
KEY = {"name": "billing", "scopes": ["events:write"]}
SOURCE = {"url": "https://new.example/feed.xml", "topic": "own", "check": False}
API = "/api/v1"

ROUTES: dict[str, tuple[frozenset[Who], list[Route]]] = {
    "open, whoever calls": (
        EVERYBODY,
        [
            Route("POST", f"{API}/auth/register", NEW),
            Route("POST", f"{API}/auth/token", CREDENTIALS),
            Route("POST", f"{API}/auth/refresh", REFRESH),
            Route("POST", f"{API}/auth/logout", REFRESH),
            Route("POST", f"{API}/auth/verify", {"token": "{verify_token}"}),
            Route("POST", f"{API}/auth/password/reset", {"email": "reader@example.org"}),
            Route("POST", f"{API}/auth/password/reset/confirm", RESET),
            Route("POST", "/register", NEW),
            Route("POST", "/login", CREDENTIALS),
            Route("POST", "/token", CREDENTIALS),
            Route("POST", "/subscribe", NEW),
            Route("GET", "/stats"),
            Route("GET", f"{API}/health"),
        ],
    ),
    "news, open to read": (
        EVERYBODY,
        [
            Route("GET", f"{API}/topics"),
            Route("GET", f"{API}/topics/{{topic}}"),
            Route("GET", f"{API}/sources"),
            Route("GET", f"{API}/sources/{{source}}"),
            Route("GET", f"{API}/articles"),
            Route("GET", f"{API}/articles/{{article}}"),
            Route("GET", f"{API}/articles/{{article}}/revisions"),
        ],
    ),
    "news, for editors to change": (
        EDITORS,
        [
            Route("POST", f"{API}/topics", {"slug": "new", "name": "New"}),
            Route("PATCH", f"{API}/topics/{{topic}}", {"name": "Another"}),
            Route("DELETE", f"{API}/topics/{{empty_topic}}"),
            Route("POST", f"{API}/sources", SOURCE),
            Route("PATCH", f"{API}/sources/{{source}}", {"paused": True}),
            Route("DELETE", f"{API}/sources/{{source}}"),
            Route("POST", f"{API}/sources/{{source}}/crawl", {}),
            Route("POST", f"{API}/sources/import", Multipart(file="<opml/>")),
            Route("GET", f"{API}/sources/export"),
            Route("GET", f"{API}/sources/{{source}}/fetches"),
            Route("GET", f"{API}/analytics/overview"),
        ],
    ),
    "everybody's own": (
        PEOPLE,
        [
            Route("GET", f"{API}/auth/me"),
            Route("PATCH", f"{API}/auth/me", {"name": "A"}),
            Route("DELETE", f"{API}/auth/me"),
            Route("GET", f"{API}/auth/me/export"),
            Route("POST", f"{API}/auth/verify/resend"),
            Route("POST", f"{API}/auth/email", EMAIL_CHANGE),
            Route("DELETE", f"{API}/auth/email"),
            Route("POST", f"{API}/auth/password/change", PASSWORD_CHANGE),
            Route("GET", f"{API}/auth/sessions"),
            Route("GET", f"{API}/auth/mfa"),
            Route("POST", f"{API}/auth/mfa/totp"),
            Route("POST", f"{API}/auth/mfa/totp/confirm", CODE),
            Route("DELETE", f"{API}/auth/mfa/totp", {"current_password": SECRET}),
            Route("POST", f"{API}/auth/mfa/recovery-codes", {"current_password": SECRET}),
            Route("GET", f"{API}/subscriptions"),
            Route("POST", f"{API}/subscriptions", {"kind": "topic", "topic": "own"}),
            Route("POST", f"{API}/subscriptions/preview", {"kind": "keyword", "query": "moon"}),
            Route("GET", f"{API}/subscriptions/export"),
            Route("POST", f"{API}/subscriptions/import", Multipart(file="<opml/>")),
            Route("POST", f"{API}/subscriptions/bulk", {"unfollow": [1]}),
            Route("GET", f"{API}/rules"),
            Route("POST", f"{API}/rules", {"query": "moon", "action": "silence"}),
            *(
                Route(method, f"{prefix}/preferences", {} if method.startswith("P") else None)
                for prefix in (API, "")
                for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
            ),
            Route("POST", "/unsubscribe"),
            Route("GET", f"{API}/notifications"),
            Route("GET", f"{API}/notifications/counts"),
            Route("GET", f"{API}/analytics/sent"),
            Route("POST", f"{API}/notifications/read", {"all": True}),
            Route("GET", "/notifications"),
            Route("GET", f"{API}/channels"),
            Route("POST", f"{API}/channels", {"kind": "mock", "token": "phone"}),
            Route("GET", f"{API}/deliveries"),
            Route("POST", f"{API}/deliveries/replay", {"ids": []}),
            Route("GET", f"{API}/articles/{{article}}/explain"),
        ],
    ),
    "one reader's alone": (
        OWNER,
        [
            Route("DELETE", f"{API}/auth/sessions/{{sign_in}}"),
            Route("GET", f"{API}/subscriptions/{{subscription}}"),
            Route("PATCH", f"{API}/subscriptions/{{subscription}}", {"paused": True}),
            Route("DELETE", f"{API}/subscriptions/{{subscription}}"),
            Route("GET", f"{API}/rules/{{rule}}"),
            Route("PATCH", f"{API}/rules/{{rule}}", {"paused": True}),
            Route("DELETE", f"{API}/rules/{{rule}}"),
            Route("POST", f"{API}/rules/{{rule}}/apply"),
            Route("POST", f"{API}/rules/{{rule}}/undo"),
            Route("PATCH", f"{API}/notifications/{{notification}}", {"read": True}),
            Route("DELETE", f"{API}/notifications/{{notification}}"),
            Route("PUT", "/notifications/{notification}/read"),
            Route("GET", f"{API}/channels/{{channel}}"),
            Route("PATCH", f"{API}/channels/{{channel}}", {"label": "Phone"}),
            Route("DELETE", f"{API}/channels/{{channel}}"),
            Route("POST", f"{API}/channels/{{channel}}/test"),
            Route("POST", f"{API}/channels/{{email}}/verify", {"code": "{code}"}),
            Route("POST", f"{API}/channels/{{email}}/verify/resend"),
            Route("GET", f"{API}/channels/{{channel}}/outbox"),
            Route("GET", f"{API}/channels/{{channel}}/messages"),
            Route("POST", f"{API}/channels/{{webhook}}/secret"),
        ],
    ),
    "one reader's, and of who told him": (
        OWNER_AND_PRODUCERS,
        [
            Route("POST", f"{API}/notifications", TO_READER),
            Route("POST", "/notify", TO_READER),
            Route("GET", f"{API}/notifications/{{notification}}"),
            Route("PATCH", f"{API}/notifications/{{notification}}/status", {"status": "read"}),
            Route("GET", f"{API}/notifications/{{notification}}/deliveries"),
            Route("GET", f"{API}/notifications/{{notification}}/explain"),
        ],
    ),
    "one reader's, and an admin's": (
        OWNER | ADMINS,
        [Route("POST", f"{API}/deliveries/{{delivery}}/replay")],
    ),
    "one reader's; a key is shown what it sent": (
        OWNER_AND_PRODUCERS | {Who.BARE_KEY},
        [Route("GET", f"{API}/users/{{reader}}/notifications")],
    ),
    "producers'": (
        PRODUCERS,
        [
            Route("GET", f"{API}/events"),
            Route("POST", f"{API}/events", EVENT),
            Route("GET", f"{API}/events/{{event}}"),
            Route("PATCH", f"{API}/events/{{event}}", {"title": "Another"}),
            Route("DELETE", f"{API}/events/{{event}}"),
            Route("GET", f"{API}/events/{{event}}/explain", {"user_id": "{reader}"}),
            Route("PUT", f"{API}/users/{{external_id}}", {"name": "Robot"}),
        ],
    ),
    "admins'": (
        ADMINS,
        [
            Route("GET", f"{API}/users"),
            Route("PATCH", f"{API}/users/{{reader}}", {"role": "editor"}),
            Route("GET", f"{API}/keys"),
            Route("POST", f"{API}/keys", KEY),
            Route("DELETE", f"{API}/keys/{{key}}"),
            Route("GET", f"{API}/audit"),
        ],
    ),
}
