import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from news.crawl.parse import NotAFeed, parse
from news.crawl.records import Document
from news.crawl.sandbox import Limits, ParserDied, Sandbox

pytestmark = pytest.mark.anywhere


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with_limits = Sandbox(1, Limits(cpu_seconds=1, memory_bytes=64 << 20))
    yield with_limits
    with_limits.close()


def document(body: bytes) -> Document:
    return Document(url="https://news.example/feed", status=200, body=body)


def leave(code: int) -> None:
    os._exit(code)


def compute() -> None:
    while True:
        pass


def devour() -> int:
    return len(bytes(1 << 30))


def fail() -> None:
    raise ZeroDivisionError("by none")


def talk() -> int:
    sys.stdout.write("out")
    sys.stderr.write("err")
    return os.getpid()


def surroundings() -> tuple[list[str], bool]:
    return sorted(os.environ), "django" in sys.modules


class Intruder:
    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return os.putenv, ("INTRUDED", "1")


def intrude() -> Intruder:
    return Intruder()


def block() -> bytes:
    return os.read(os.pipe()[0], 1)


def test_sandbox_returns_what_the_function_returns_when_all_is_well(sandbox: Sandbox) -> None:
    body = b"<rss><channel><title>T</title><item><title>x</title></item></channel></rss>"
    assert sandbox.run(parse, document(body)) == parse(document(body))


def test_sandbox_raises_the_same_error_when_a_stage_does(sandbox: Sandbox) -> None:
    with pytest.raises(NotAFeed, match="web page"):
        sandbox.run(parse, document(b"<html></html>"))


def test_sandbox_keeps_its_child_when_a_call_only_fails(sandbox: Sandbox) -> None:
    before = sandbox.run(os.getpid)
    with pytest.raises(ParserDied, match="by none"):
        sandbox.run(fail)
    assert sandbox.run(os.getpid) == before != os.getpid()


@pytest.mark.parametrize(
    ("function", "reason"),
    [(compute, "1 s of computing"), (devour, "64 MiB"), (intrude, "no parser answers")],
)
def test_sandbox_takes_a_fresh_child_when_a_call_breaks_the_rules(
    sandbox: Sandbox, function: object, reason: str
) -> None:
    before = sandbox.run(os.getpid)
    with pytest.raises(ParserDied, match=reason):
        sandbox.run(function)  # type: ignore[arg-type]
    assert sandbox.run(os.getpid) != before


def test_sandbox_says_how_the_child_ended_when_it_ends_itself(sandbox: Sandbox) -> None:
    with pytest.raises(ParserDied, match="exit code 3"):
        sandbox.run(leave, 3)


def test_sandbox_kills_the_child_when_the_wall_clock_runs_out() -> None:
    sandbox = Sandbox(1, Limits(wall_seconds=0.5))
    with pytest.raises(ParserDied, match=r"0\.5 seconds"):
        sandbox.run(block)
    sandbox.close()


def test_sandbox_is_not_confused_when_a_function_prints(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    assert sandbox.run(talk) == sandbox.run(os.getpid)
    assert capfd.readouterr() == ("", "")


def test_sandbox_shows_a_child_nothing_when_there_are_secrets(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    names, has_django = sandbox.run(surroundings)
    assert "SECRET_KEY" not in names
    assert not has_django


def test_sandbox_lets_others_go_first_when_cores_are_busy(sandbox: Sandbox) -> None:
    assert sandbox.run(os.nice, 0) == min(os.nice(0) + 10, 19)


def test_sandbox_serves_everybody_when_threads_outnumber_children() -> None:
    sandbox, results = Sandbox(2), []
    threads = [
        threading.Thread(target=lambda: results.append(sandbox.run(os.getpid))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sandbox.close()
    assert len(results) == 8
    assert len(set(results)) <= 2


def test_sandbox_refuses_calls_when_closed(sandbox: Sandbox) -> None:
    sandbox.run(len, b"")
    sandbox.close()
    for _ in range(2):
        with pytest.raises(ParserDied):
            sandbox.run(len, b"")


def test_child_ends_when_its_parent_is_gone() -> None:
    program = (
        "import os; from news.crawl.sandbox import Sandbox; "
        "s = Sandbox(1); print(s.run(os.getpid), flush=True); os._exit(0)"
    )
    root = Path(__file__).parents[3]
    parent = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], cwd=root, capture_output=True, check=True, timeout=30
    )
    deadline = datetime.now(UTC).timestamp() + 10
    while _is_running(int(parent.stdout)):
        assert datetime.now(UTC).timestamp() < deadline


def _is_running(pid: int) -> bool:
    """A zombie that its new parent has not looked at yet has ended, too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
