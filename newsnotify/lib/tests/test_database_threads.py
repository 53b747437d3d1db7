import asyncio
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection

from newsnotify.lib import database_threads
from newsnotify.lib.database_threads import THREAD_COUNT, in_thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _closed_afterwards() -> Iterator[None]:
    yield
    database_threads.close()


def ask() -> int:
    """Ask the database something; tells by which connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return id(connection.connection)


async def ask_often() -> list[int]:
    return [await in_thread(ask) for _ in range(20)]


def test_thread_keeps_its_connection_when_it_reads_again() -> None:
    assert len(set(asyncio.run(ask_often()))) <= THREAD_COUNT


def test_connections_are_gone_when_they_were_closed() -> None:
    def is_open() -> bool:
        return connection.connection is not None

    async def states() -> set[bool]:
        return {await in_thread(is_open) for _ in range(20)}

    asyncio.run(ask_often())
    database_threads.close()
    assert asyncio.run(states()) == {False}


def test_read_is_tried_once_more_when_its_connection_has_gone_stale() -> None:
    stale = [OperationalError("server has gone away")]

    def read(number: int) -> int:
        if stale:
            raise stale.pop()
        return number

    assert asyncio.run(in_thread(read, 5)) == 5


def test_error_reaches_the_caller_when_it_stays() -> None:
    def read() -> None:
        raise OperationalError("no such table")

    with pytest.raises(OperationalError):
        asyncio.run(in_thread(read))
