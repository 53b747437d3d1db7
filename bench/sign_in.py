"""What a stranger learns from how long a refused sign-in takes: nothing, if both take alike.

A wrong password and an unknown e-mail are tried in turn, so that whatever else the machine
does meets both.
"""

import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from itertools import count
from typing import Any

import orjson

from accounts.models import User
from bench import product
from bench.figures import figure, percentile
from bench.rows import database_settings

TRIES = 100
WARMING_UP = 5
EMAIL, GOOD, WRONG = "known@example.org", "correct-horse-battery", "wrong-horse-battery"

Answer = tuple[int, bytes]
Ways = dict[str, Callable[[], Answer]]

_numbers = count()


def main() -> None:
    User.objects.create_user(EMAIL, GOOD)
    User.objects.bulk_create(User(email=f"known{n}@example.org") for n in range(TRIES + WARMING_UP))
    settings = {"tries": TRIES, **database_settings()}
    with (
        product.web(log_level="error") as port,
        closing(HTTPConnection("127.0.0.1", port)) as connection,
    ):

        def ask(path: str, **body: str) -> Answer:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", f"/api/v1/auth/{path}", orjson.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

        _compare("sign_in", _sign_ins(ask), settings)
        _compare("reset", _resets(ask), settings)


def _sign_ins(ask: Callable[..., Answer]) -> Ways:
    return {
        "wrong_password": lambda: ask("token", email=EMAIL, password=WRONG),
        "unknown_email": lambda: ask("token", email=_nobody(), password=WRONG),
    }


def _resets(ask: Callable[..., Answer]) -> Ways:
    known = count()  # who asked before is quicker, whoever he is: a letter waits already
    return {
        "known_email": lambda: ask("password/reset", email=f"known{next(known)}@example.org"),
        "unknown_email": lambda: ask("password/reset", email=_nobody()),
    }


def _nobody() -> str:
    return f"person{next(_numbers):06}@example.org"


def _compare(what: str, ways: Ways, settings: dict[str, Any]) -> None:
    """Say the medians of two ways to be refused; their answers have to be the same."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    answers = set()
    for number in range(TRIES + WARMING_UP):
        in_turn = list(ways.items())
        for name, send in in_turn if number % 2 else reversed(in_turn):
            begun = time.perf_counter()
            answers.add(send())
            if number >= WARMING_UP:
                took[name].append((time.perf_counter() - begun) * 1000)
    assert len(answers) == 1, answers  # noqa: S101 - else the time is the least that it tells
    _tell(what, took, settings)


def _tell(what: str, took: dict[str, list[float]], settings: dict[str, Any]) -> None:
    first, second = took
    medians = {name: percentile(times, 50) for name, times in took.items()}
    for name, peer in ((first, second), (second, first)):
        ratio = medians[name] / medians[peer]
        more = {"p99_ms": round(percentile(took[name], 99), 2), **settings}
        figure(f"sign_in.{what}_{name}", medians[name], "ms, p50", ratio=ratio, peer=peer, **more)
