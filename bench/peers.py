"""Other crawlers, as package managers have them, on the feeds that we crawl."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import servers

MOST_SECONDS = 300
_CHILDREN = resource.RUSAGE_CHILDREN


class NotMeasured(Exception):  # noqa: N818 - what there is to say about a peer
    """A peer is not there, or did not do what it was asked for; the text says what would help."""


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    how: str  # it is run
    command: list[str]
    folder: Path
    tells_seconds: bool = False  # on stdout: those without its start
    # newsboat keeps the validators of a feed's first answer nowhere, and sends some in its third
    # run; sfeed_update never does.
    runs: int = 2


@dataclass(frozen=True, slots=True)
class Taken:
    seconds: float  # of the whole process
    cpu_seconds: float
    told_seconds: float = 0.0


def run(peer: Peer) -> Taken:
    """Let a peer crawl all its feeds once. Raises NotMeasured."""
    before, begun = resource.getrusage(_CHILDREN), time.perf_counter()
    said = _said_by(peer.command, peer.folder, peer.name)
    took, after = time.perf_counter() - begun, resource.getrusage(_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(took, cpu, float(said) if peer.tells_seconds else 0.0)


def prepared(urls: list[str], folder: Path) -> Iterator[Peer | tuple[str, str]]:
    """Make all ready that can be; for the others, tell the name and why they cannot."""
    for make in (_newsboat, _sfeed, _reader, _plain):
        name = make.__name__.removeprefix("_")
        where = folder / name
        where.mkdir()
        try:
            yield make(urls, where)
        except NotMeasured as error:
            yield name, str(error)


def _newsboat(urls: list[str], where: Path) -> Peer:
    program = _program("newsboat", "newsboat")
    version = (
        _said_by([program, "--version"], where, "newsboat").partition("\n")[0].partition(" -")[0]
    )
    _list(urls, where)
    (where / "config").write_text("reload-threads 16\nmax-items 0\n", encoding="ascii")
    command = [program, "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload"]
    return Peer("newsboat", f"{version}, -x reload, 16 threads", command, where, runs=3)


def _sfeed(urls: list[str], where: Path) -> Peer:
    program, _ = _program("sfeed_update", "sfeed"), _program("curl", "curl")
    feeds = "\n".join(f'feed "{number}" "{url}"' for number, url in enumerate(urls))
    config = f"sfeedpath={where}/feeds\nmaxjobs=16\nfeeds() {{\n{feeds}\n}}\n"
    (where / "sfeedrc").write_text(config, encoding="utf-8")
    return Peer("sfeed", "sfeed_update, 16 jobs", [program, f"{where}/sfeedrc"], where)


def _reader(urls: list[str], where: Path) -> Peer:
    _list(urls, where)
    python = where / "venv" / "bin" / "python"
    _said_by([sys.executable, "-m", "venv", "venv"], where, "reader")
    packages = ["reader", "sgmllib3k"]  # which 3.26 needs, and does not say so
    install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", *packages]
    _said_by(install, where, f"reader is not installed, since pip install {' '.join(packages)}")
    version = "from importlib.metadata import version; print(version('reader'))"
    how = f"reader {_said_by([python, '-c', version], where, 'reader').strip()}, 8 workers"
    script = f"{servers.ROOT}/bench/lemon24.py"
    # -P: what lies beside the script is not for this Python, and one is called reader.
    command = [str(python), "-P", script, "reader.sqlite", "urls", "8"]
    return Peer("reader", how, command, where, tells_seconds=True)


def _plain(urls: list[str], where: Path) -> Peer:
    _list(urls, where)
    command = [sys.executable, f"{servers.ROOT}/bench/plain_crawl.py", "urls", "tags"]
    how = "aiohttp and feedparser, nothing stored"
    return Peer("plain", how, command, where, tells_seconds=True)


def _list(urls: list[str], where: Path) -> None:
    (where / "urls").write_text("\n".join(urls) + "\n", encoding="ascii")


def _program(name: str, package: str) -> str:
    if found := shutil.which(name):
        return found
    raise NotMeasured(f"{name} is not installed: on Debian, apt-get install {package}")


def _said_by(command: Sequence[str | Path], where: Path, name: str) -> str:
    """Run a program in its folder, bounded in time; returns what it wrote to stdout."""
    child = subprocess.Popen(  # noqa: S603 - our own words
        command,
        cwd=where,
        env={"PATH": os.environ["PATH"], "HOME": str(where), "TERM": "xterm", "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # sfeed_update ends its group, and has one to be ended
        text=True,
    )
    with child, _ended(child):
        said, complaint = child.communicate(timeout=MOST_SECONDS)
    if child.returncode:
        last = complaint.strip().rpartition("\n")[2]
        raise NotMeasured(f"{name} ended with code {child.returncode}: {last}")
    return said


@contextlib.contextmanager
def _ended(child: subprocess.Popen[str]) -> Iterator[None]:
    """Leave nothing of a group behind, however the block ends."""
    try:
        yield
    except subprocess.TimeoutExpired as error:
        raise NotMeasured(f"not done after {MOST_SECONDS} s") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
