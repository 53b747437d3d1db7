"""Floods of sign-ins on what production runs: two webs that count together, and Redis gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from newsnotify.tests.processes import ADMIN, until
from newsnotify.tests.servers import RedisServer, own_database
from newsnotify.tests.stack import Stack, Web

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

LIMIT = 10


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture
def webs(redis: RedisServer, tmp_path: Path) -> Iterator[list[Web]]:
    own = {"REDIS_URL": redis.url, "RATE_LIMITS": "1", "TRUSTED_PROXIES": "1"}
    with own_database() as url, Stack(tmp_path, webs=2, workers=0, DATABASE_URL=url, **own) as made:
        yield made.webs


def sign_in(web: Web, address: str, password: str = "wrong") -> requests.Response:  # noqa: S107
    # Another name each time: it is the address that floods.
    names = {"wrong": f"person{next(NUMBERS)}@example.org"}
    body = {"email": names.get(password, ADMIN["email"]), "password": password}
    headers = {"X-Forwarded-For": address}
    return requests.post(f"{web.url}/api/v1/auth/token", json=body, headers=headers, timeout=20)


NUMBERS = iter(range(1_000_000))


def assert_refused(answer: requests.Response) -> None:
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60 / LIMIT
    found = [int(answer.headers[f"RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset")]
    assert found[:2] == [LIMIT, 0]
    assert 60 - 60 / LIMIT <= found[2] <= 60


def test_flood_is_refused_by_all_webs_and_others_still_get_in(webs: list[Web]) -> None:
    answers = [sign_in(webs[n % 2], "192.0.2.1") for n in range(2 * LIMIT)]
    codes = [answer.status_code for answer in answers]
    # Passwords are slow to check: some tries are regained meanwhile.
    assert codes[:LIMIT] == [401] * LIMIT
    assert codes.count(401) <= LIMIT + 2
    assert_refused(next(a for a in flood(webs) if a.status_code == 429))
    assert sign_in(webs[0], "192.0.2.2", ADMIN["password"]).status_code == 200


def flood(webs: list[Web]) -> Iterator[requests.Response]:
    for web in webs * LIMIT:
        yield sign_in(web, "192.0.2.1")


def test_flood_is_refused_by_each_web_when_redis_is_gone(
    webs: list[Web], redis: RedisServer
) -> None:
    redis.kill()
    for web in webs:
        codes = [sign_in(web, "192.0.2.1").status_code for _ in range(LIMIT + 5)]
        assert codes[:LIMIT] == [401] * LIMIT
        assert 429 in codes
        assert_refused(next(a for a in flood([web]) if a.status_code == 429))
        assert sign_in(web, "192.0.2.2", ADMIN["password"]).status_code == 200


def test_flood_is_refused_when_redis_is_silent_and_after_it_is_back(
    webs: list[Web], redis: RedisServer
) -> None:
    redis.pause()
    codes = [sign_in(webs[0], "192.0.2.1").status_code for _ in range(LIMIT + 5)]
    assert 429 in codes
    redis.resume()
    until(lambda: 429 in [answer.status_code for answer in flood(webs)])
    assert sign_in(webs[1], "192.0.2.2", ADMIN["password"]).status_code == 200
