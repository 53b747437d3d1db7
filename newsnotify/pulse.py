"""Does the part of the product that runs in this container still live? For its health check.

`python -m newsnotify.pulse web` asks `/readyz`; `worker` and `beat` look for their heartbeat in
the database. Without Django, whose start costs over a second of CPU: this is run every few
seconds in every container, and `celery inspect ping` would also call a worker dead when it is
the broker that is away.
"""

import contextlib
import importlib
import os
import socket
import sys
import urllib.request
from pathlib import Path
from typing import Any

from newsnotify import databases
from newsnotify.env import Env

WAIT_SECONDS = 3
MISSED_AFTER_SECONDS = 15  # a heart beats every two

BEATS = """
    SELECT COUNT(*) FROM accounts_heartbeat
    WHERE process LIKE %s AND JSON_CONTAINS_PATH(parts, 'one', %s)
    AND beaten_at > UTC_TIMESTAMP() - INTERVAL %s SECOND
"""


def is_alive(part: str, env: Env, *, host: str, port: int = 8000) -> bool:
    """Tell whether a part that runs on this host answers, or beats; raises what hinders it."""
    return _is_ready(port) if part == "web" else _beats(part, env, host)


def _is_ready(port: int) -> bool:
    url = f"http://127.0.0.1:{port}/readyz"
    with urllib.request.urlopen(url, timeout=WAIT_SECONDS) as answer:
        return bool(answer.status == 200)


def _beats(part: str, env: Env, host: str) -> bool:
    values = (f"{host}:%", f"$.{part}", MISSED_AFTER_SECONDS)
    with contextlib.closing(_connection(env)) as connection, connection.cursor() as cursor:
        cursor.execute(BEATS, values)
        return bool(cursor.fetchone()[0])


def _connection(env: Env) -> Any:
    driver: Any = importlib.import_module("MySQLdb")  # not installed everywhere
    given = databases.database(env.text("DATABASE_URL"), base=Path())
    options = {name: given["OPTIONS"].get(name) for name in ("ssl", "ssl_mode", "unix_socket")}
    return driver.connect(
        host=given["HOST"],
        port=given["PORT"],
        user=given["USER"],
        password=given["PASSWORD"],
        database=given["NAME"],
        connect_timeout=WAIT_SECONDS,
        **{name: value for name, value in options.items() if value},
    )


def main(part: str) -> str | None:
    """Tell what is wrong with a part of this container, for whoever reads `docker inspect`."""
    try:
        alive = is_alive(part, Env(os.environ), host=socket.gethostname())
    except Exception as error:  # noqa: BLE001 - whatever hinders it, it is not alive
        return f"{part}: {error}"
    return None if alive else f"{part}: no heartbeat for {MISSED_AFTER_SECONDS} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
