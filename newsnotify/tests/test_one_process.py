"""`manage.py up`: it says when it is ready, and it ends when it is told to."""

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from newsnotify.tests.processes import ROOT, Product, until

pytestmark = pytest.mark.anywhere


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place where the product has been before."""
    data_dir = tmp_path_factory.mktemp("data")
    with Product(data_dir) as product:
        assert product.end() == 0
    return data_dir


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_ends_cleanly_when_interrupted(data_dir: Path, number: int) -> None:
    with Product(data_dir) as product:
        reader = product.person("patient@example.org")
        with connect(f"ws://127.0.0.1:{product.port}/ws?token={reader.token}") as websocket:
            assert product.end(number) == 0
            with pytest.raises(ConnectionClosed):
                websocket.recv(timeout=5)
        assert "Traceback" not in "".join(product.output)


def test_up_says_nothing_but_that_it_is_ready_when_all_is_well(data_dir: Path) -> None:
    with Product(data_dir) as product:
        requests.get(f"{product.url}/api/v1/topics", timeout=10).raise_for_status()
        product.end()
        assert product.output == [f"NewsNotify is ready on {product.url}\n"]


def test_up_is_healthy_in_all_parts(data_dir: Path) -> None:
    with Product(data_dir) as product:

        def health() -> dict[str, Any]:
            return dict(requests.get(f"{product.url}/api/v1/health", timeout=10).json())

        until(lambda: health()["status"] == "healthy")
        assert {part["status"] for part in health()["components"].values()} == {"healthy"}


def test_up_names_the_remedy_when_the_port_is_taken(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        product = Product(data_dir, PORT=str(taken.getsockname()[1]))
        with pytest.raises(AssertionError, match=r"PORT: .* cannot be used .* choose another"):
            product.start()


def test_up_logs_no_token_when_a_socket_brings_one(data_dir: Path) -> None:
    with Product(data_dir, LOG_LEVEL="debug") as product:
        reader = product.person("patient@example.org")
        with connect(f"ws://127.0.0.1:{product.port}/ws?token={reader.token}"):
            pass
        product.end()
        assert "/ws" in "".join(product.output)
        assert reader.token not in "".join(product.output)


def test_page_and_api_answer_alike_when_a_slash_ends_the_path(data_dir: Path) -> None:
    with Product(data_dir) as product:
        for path in ("/topics", "/api/v1/topics", "/account/login"):
            answers = [requests.get(product.url + path + end, timeout=10) for end in ("", "/")]
            assert [(answer.status_code, answer.history) for answer in answers] == [(200, [])] * 2


def test_body_is_refused_when_it_is_too_large(data_dir: Path) -> None:
    with Product(data_dir) as product:
        answer = requests.post(
            f"{product.url}/api/v1/auth/register", data=b"x" * (1024**2 + 1), timeout=10
        )
        assert answer.status_code == 413
        assert "detail" in answer.json()


def test_manage_names_the_range_when_python_does_not_fit() -> None:
    source = (ROOT / "manage.py").read_text()
    script = f"import sys; sys.version_info = (3, 10, 1); exec({source!r})"
    done = subprocess.run(  # noqa: S603 - our own file
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode != 0
    assert "3.11 to 3.13" in done.stderr
    assert done.stderr.count("\n") == 1
