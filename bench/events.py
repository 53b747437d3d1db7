"""Events in: how many a web takes, and how long one takes to the socket of whom it names."""

import http.client
import time
from typing import Any

import orjson

from accounts import keys, tokens
from accounts.models import Scope, User
from bench import product
from bench.asking import asked
from bench.audience import make_audience
from bench.figures import figure, percentile
from bench.rows import database_settings
from bench.sockets import ROUNDS, latencies, listening

CONNECTIONS = 8
EVENTS, NOTIFICATIONS = "/api/v1/events", "/api/v1/notifications"


def main() -> None:
    settings = {"connections": CONNECTIONS, **database_settings()}
    _, first = make_audience(1)
    key = keys.issue(name="bench", scopes=[Scope.EVENTS_WRITE])[1]
    headers = {"Authorization": f"Api-Key {key}", "Content-Type": "application/json"}
    paths = [f"/ws?token={tokens.sign_in(User.objects.get(pk=first))['access_token']}"]
    with product.web() as port, product.worker():
        _post("post", port, headers, settings)
        _post("post_once", port, {**headers, "Idempotency-Key": "bench-{n}"}, settings)
        with listening(port, paths) as listener:
            took = latencies(listener, lambda number: _notify(port, first, number, headers))
    for percent in (50, 99):
        name = f"events.posted_to_frame_p{percent}"
        figure(name, percentile(took, percent), "ms", rounds=ROUNDS, **settings)


def _post(name: str, port: int, headers: dict[str, str], settings: dict[str, Any]) -> None:
    body = {"title": "Event {n}", "message": "It happened.", "topic": "bench"}
    request = {"path": EVENTS, "headers": headers, "body": _text(body)}
    found = asked(port, request, status="202", connections=CONNECTIONS)
    rate = len(found["took"]) / found["seconds"]
    p50, p99 = (round(percentile(found["took"], percent), 2) for percent in (50, 99))
    figure(f"events.{name}", rate, "requests/s", p50_ms=p50, p99_ms=p99, **settings)


def _notify(port: int, user: int, number: int, headers: dict[str, str]) -> float:
    """Post a notification; returns when the request was begun."""
    begun, connection = time.monotonic(), http.client.HTTPConnection("127.0.0.1", port)
    body = _text({"user_id": user, "title": f"news {number}", "message": "It happened."})
    connection.request("POST", NOTIFICATIONS, body, headers)
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()  # noqa: S101 - else it is no figure
    connection.close()
    return begun


def _text(body: dict[str, Any]) -> str:
    return orjson.dumps(body).decode()
