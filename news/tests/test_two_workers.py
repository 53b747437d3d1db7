"""Two processes that crawl from one queue."""

import contextlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.db import connection

from news.models import Article, Fetch
from news.tests.factories import item, make_source, rss
from newsnotify.lib.tests.servers import Answer, Server
from newsnotify.tests.processes import ROOT

pytestmark = [pytest.mark.stack, pytest.mark.django_db(transaction=True)]
HOSTS, PER_HOST, WORKERS = 200, 3, 2  # a worker leases 200 sources at first
PATIENCE_SECONDS = 60


@pytest.fixture
def database() -> str:
    """Name the database of these tests, for processes beside this one."""
    if connection.vendor != "mysql":
        pytest.skip("needs MySQL or MariaDB: DATABASE_URL=mysql://user:password@host:3306/database")
    named = urlsplit(os.environ["DATABASE_URL"])
    return named._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    """Hosts of their own, because only two requests a host are in flight."""
    with contextlib.ExitStack() as stack:
        hosts = [f"127.0.10.{number}" for number in range(1, HOSTS + 1)]
        answer = Answer(body=rss(item("a")))
        yield [stack.enter_context(Server(lambda _: answer, host=host)) for host in hosts]


def start(database: str) -> "subprocess.Popen[str]":
    environment = {"DATABASE_URL": database, "OUTBOUND_ALLOW": "127.0.10.0/24"}
    worker = subprocess.Popen(
        [sys.executable, "-m", "news.tests.crawls_until_done"],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout
    assert worker.stdout.readline() == "ready\n"
    return worker


def test_no_source_is_fetched_twice_when_two_processes_share_the_queue(
    database: str, servers: list[Server]
) -> None:
    for server in servers:
        for number in range(PER_HOST):
            make_source(f"{server.url}/{number}")
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(start(database)) for _ in range(WORKERS)]
        for worker in workers:
            stack.callback(worker.kill)
            assert worker.stdin
            worker.stdin.write("go\n")
            worker.stdin.flush()
        shares = [int(worker.communicate(timeout=PATIENCE_SECONDS)[0]) for worker in workers]
    fetched = Counter(
        server.url + request.path for server in servers for request in server.requests
    )
    assert (len(fetched), set(fetched.values())) == (HOSTS * PER_HOST, {1})
    assert sum(shares) == Fetch.objects.count() == Article.objects.count() == HOSTS * PER_HOST
    assert min(shares) > HOSTS * PER_HOST / 10
