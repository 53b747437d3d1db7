"""Many requests to a web process, from a process of their own."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings as product_settings

from bench.figures import size

SECONDS = size(3, 15)


def asked(port: int, request: dict[str, Any], *, status: str, connections: int) -> dict[str, Any]:
    """Repeat a request for some seconds. Returns what `bench.load` says; all have this status."""
    headers = {"Host": f"127.0.0.1:{port}", **request["headers"]}
    where = Path(product_settings.DATA_DIR) / "request"
    where.write_bytes(orjson.dumps({**request, "headers": headers}))
    _ask(port, where, connections, 0.5)  # warms up
    found = _ask(port, where, connections, SECONDS)
    assert found["statuses"].keys() == {status}, (request, found["statuses"])  # noqa: S101 - else it is no figure
    return found


def _ask(port: int, where: Path, connections: int, seconds: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.load", port, connections, seconds, where]
    done = subprocess.run([*map(str, command)], check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own words
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found
