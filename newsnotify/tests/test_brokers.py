"""Servers spoken to by TLS: the right ones are, those of another authority or name are not."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from newsnotify import brokers
from newsnotify.lib.tests.servers import Server
from newsnotify.tests import secure_servers
from newsnotify.tests.certificates import Authority, Issued
from newsnotify.tests.feeds import published
from newsnotify.tests.processes import until
from newsnotify.tests.stack import Stack
from newsnotify.tests.test_settings import KEY, run

CERTIFICATES = ["right", "of another authority", "of another name"]

# Each prints what came back, or the name of what was raised.
BROKER = """
from newsnotify.celery import app
with app.connection_for_write(transport_options={"max_retries": 0}) as connection:
    connection.connect()
    connection.default_channel.queue_declare("newsnotify-tls", exclusive=True, auto_delete=True)
"""
CACHE = """
import django; django.setup()
from django.core.cache import cache
cache.set("key", "value")
if cache.get("key") != "value":
    raise ConnectionError("the cache is away")
"""
LAYER = """
import asyncio, django; django.setup()
from channels.layers import get_channel_layer
async def talk():
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add("hubs", channel)
    await layer.group_send("hubs", {"type": "hello"})
    assert await asyncio.wait_for(layer.receive(channel), 5) == {"type": "hello"}
    await layer.flush()
asyncio.run(asyncio.wait_for(talk(), 10))
"""
DATABASE = """
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
    assert cursor.fetchone()[1]
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module", params=CERTIFICATES)
def server_s(
    request: pytest.FixtureRequest, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> tuple[bool, Issued]:
    """Give a server's certificate, and whether it is right."""
    if request.param == "of another authority":
        return False, Authority(tmp_path_factory.mktemp("stranger")).issue("127.0.0.1")
    host = "127.0.0.1" if request.param == "right" else "news.example.org"
    return request.param == "right", authority.issue(host)


@pytest.fixture(scope="module")
def redis(server_s: tuple[bool, Issued], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with secure_servers.redis(server_s[1], tmp_path_factory.mktemp("redis")) as url:
        yield url


def outcome(folder: Path, code: str, **variables: str) -> tuple[bool, str]:
    """Tell whether it went well, and what was said if it did not."""
    status, _, err = run(folder, "-c", code, SECRET_KEY=KEY, **variables)
    return status == 0, err


@pytest.mark.parametrize("code", [BROKER, CACHE, LAYER], ids=["broker", "cache", "layer"])
def test_redis_is_spoken_to_when_its_certificate_is_right(
    code: str, server_s: tuple[bool, Issued], redis: str, authority: Authority, tmp_path: Path
) -> None:
    url = f"{redis}?ssl_ca_certs={authority.file}"
    went_well, said = outcome(tmp_path, code, REDIS_URL=url)
    assert went_well == server_s[0], said


def test_redis_is_not_spoken_to_in_plain_when_nothing_is_said_of_its_authority(
    redis: str, tmp_path: Path
) -> None:
    went_well, said = outcome(tmp_path, BROKER, REDIS_URL=redis)
    assert not went_well
    assert "CERTIFICATE_VERIFY_FAILED" in said


@pytest.mark.stack
def test_rabbitmq_is_spoken_to_when_its_certificate_is_right(
    server_s: tuple[bool, Issued], authority: Authority, tmp_path: Path
) -> None:
    with secure_servers.rabbitmq(server_s[1]) as url:
        url = f"{url}?ssl_ca_certs={authority.file}"
        went_well, said = outcome(tmp_path, BROKER, CELERY_BROKER_URL=url)
    assert went_well == server_s[0], said
    assert went_well or "CERTIFICATE_VERIFY_FAILED" in said


@pytest.mark.stack
def test_database_is_spoken_to_when_its_certificate_is_right(
    server_s: tuple[bool, Issued], authority: Authority, tmp_path: Path
) -> None:
    pytest.importorskip("MySQLdb", reason="needs mysqlclient: requirements-mysql.txt")
    with secure_servers.mariadb(server_s[1], tmp_path) as url:
        url = f"{url}?ssl_ca={authority.file}"
        went_well, said = outcome(tmp_path, DATABASE, DATABASE_URL=url)
    assert went_well == server_s[0], said


@pytest.mark.stack
@pytest.mark.timeout(240)
def test_person_is_told_when_everything_between_processes_is_tls(
    authority: Authority, tmp_path: Path
) -> None:
    issued, trust = authority.issue("127.0.0.1"), f"ssl_ca_certs={authority.file}"
    with (
        secure_servers.mariadb(issued, tmp_path) as database,
        secure_servers.redis(issued, tmp_path) as redis,
        secure_servers.rabbitmq(issued) as broker,
        Stack(
            tmp_path,
            DATABASE_URL=f"{database}?ssl_ca={authority.file}",
            REDIS_URL=f"{redis}?{trust}",
            CELERY_BROKER_URL=f"{broker}?{trust}",
        ) as stack,
        Server(lambda _: published("An old story")) as publisher,
    ):
        admin = stack.webs[0].admin()
        source = admin.post("sources", url=f"{publisher.url}/feed.xml", topic="tech")
        admin.post("subscriptions", kind="source", source=source["id"])
        publisher.respond = lambda _: published("An old story", "Water found on the Moon")
        admin.post(f"sources/{source['id']}/crawl")
        [told] = until(lambda: admin.get("notifications")["results"])
        assert told["title"] == "Water found on the Moon"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://h/0", ("redis://h/0", None)),
        ("rediss://h/0", ("rediss://h/0", {"ssl_cert_reqs": ssl.CERT_REQUIRED})),
        (
            "rediss://h/0?ssl_ca_certs=/ca&ssl_cert_reqs=none",
            ("rediss://h/0", {"ssl_ca_certs": "/ca", "ssl_cert_reqs": ssl.CERT_NONE}),
        ),
        (
            "amqps://me:pw@h//?heartbeat=10&ssl_certfile=/c&ssl_keyfile=/k",
            (
                "amqps://me:pw@h//?heartbeat=10",
                {
                    "certfile": "/c",
                    "keyfile": "/k",
                    "server_hostname": "h",
                    "cert_reqs": ssl.CERT_REQUIRED,
                },
            ),
        ),
    ],
)
def test_url_is_split_into_an_address_and_its_tls(url: str, expected: Any) -> None:
    assert brokers.secured(url) == expected


@pytest.mark.parametrize(
    "url",
    ["rediss://h/0?ssl_ca=/ca", "rediss://h/0?ssl_cert_reqs=perhaps", "redis://h?ssl_ca_certs=/ca"],
)
def test_start_is_refused_when_the_tls_of_a_broker_cannot_be_meant(
    url: str, tmp_path: Path
) -> None:
    went_well, said = outcome(tmp_path, "import django; django.setup()", CELERY_BROKER_URL=url)
    assert not went_well
    assert "CELERY_BROKER_URL: " in said
    assert brokers.EXAMPLE in said
