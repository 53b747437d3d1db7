"""Run pure functions in child processes, so that a hostile document kills its parser only.

A child lives long and takes one call after the other: a length, then a pickle, over its stdin and
stdout. It has no secrets in its environment, no Django, and limits on memory and CPU. Its answers
may name nothing but records, times and NotAFeed: a parser taken over by a document gains nothing.
"""

import gc
import io
import os
import pickle
import queue
import resource
import select
import signal
import struct
import subprocess
import sys
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import IO, Any, NamedTuple, ParamSpec, TypeVar

from newsnotify.lib.sentences import gettext_noop

_CLOSED = gettext_noop("This sandbox is closed.")
_NO_ANSWER = gettext_noop("The parser answered what no parser answers.")
_TOO_LONG = gettext_noop("Reading this document took more than %(n)s seconds.")
_TOO_HARD = gettext_noop("Reading this document took more than %(n)s s of computing.")
_TOO_BIG = gettext_noop("Reading this document took more than %(n)s MiB.")
_DIED = gettext_noop("Reading this document ended its parser (exit code %(code)s).")
_FAILED = gettext_noop("The parser failed with %(error)s.")

P = ParamSpec("P")
R = TypeVar("R")

_PIPE_BYTES = 256 * 1024  # so that most documents and answers pass without a second turn
_OUT_OF_MEMORY = 77  # exit code
_LENGTH = struct.Struct(">Q")
_ROOT = Path(__file__).resolve().parents[2]
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")
_NICENESS = 10  # who serves people or stores what was read goes first
_LONGEST_MESSAGE = 256 * 1024 * 1024  # bytes
_NAMED_IN_ANSWERS = {"news.crawl.records", "news.crawl.parse", "datetime"}  # modules


class ParserDied(Exception):  # noqa: N818 - what happened to the child, told to people
    """The child ended, or was ended, before it answered; `reason` is a sentence for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Limits(NamedTuple):
    """What one call may cost."""

    # The largest honest feeds take 1.5 s of a server's computing, several times that at home.
    cpu_seconds: int = 10  # to the nearest half
    wall_seconds: float = 60  # with others on its core, who go first
    memory_bytes: int = 512 * 1024 * 1024  # above what a child holds before its first call


_LIMITS = Limits()


class Sandbox:
    """Up to `size` children, made when first needed; callers beyond that wait for a free one."""

    def __init__(self, size: int, limits: Limits = _LIMITS) -> None:
        self._limits = limits
        self._seats: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(size):
            self._seats.put(None)
        self._children: set[_Child] = set()
        # Ends the children at close(), when nobody holds the sandbox, and at interpreter exit.
        self._finalizer = weakref.finalize(self, _end_all, self._children)

    def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a module-level function in a child. Safe to call from many threads.

        Raises NotAFeed where the function does, and ParserDied for every other end; when the call
        killed its child, the next one has a fresh child.
        """
        child = self._seats.get()
        try:
            child = child or self._start()
            return child.call(self._limits, function, args, kwargs)  # type: ignore[no-any-return]
        finally:
            self._seats.put(self._keep(child))

    def close(self) -> None:
        """End all children; calls in progress and later ones fail with ParserDied."""
        self._finalizer()

    def _start(self) -> "_Child":
        if not self._finalizer.alive:
            raise ParserDied(_CLOSED)
        child = _Child()
        self._children.add(child)
        return child

    def _keep(self, child: "_Child | None") -> "_Child | None":
        if child is None or child.is_alive:
            return child
        self._children.discard(child)
        return None


class _Child:
    """The parent's side of one process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "news.crawl.sandbox"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            cwd=_ROOT,
            pipesize=_PIPE_BYTES,
        )
        self._requests: IO[bytes] = self._process.stdin  # type: ignore[assignment]
        self._answers: IO[bytes] = self._process.stdout  # type: ignore[assignment]
        self.is_alive = True

    def call(self, limits: Limits, *request: Any) -> Any:
        until, answer = monotonic() + limits.wall_seconds, None
        try:
            _send(self._requests, (limits, *request))
            received = _receive(partial(_read_until, self._answers.fileno(), until))
            answer = _Answer(io.BytesIO(received)).load()
            is_raised, value = answer
        except Exception as error:
            # Broad, for an answer is as hostile as its document.
            is_late = isinstance(error, TimeoutError)
            if is_late:
                self._process.kill()
            raise ParserDied(self._epitaph(limits, is_late=is_late)) from error
        finally:
            if answer is None:  # also after Ctrl-C: what comes would be taken for the next answer
                self.end()
        if is_raised:
            raise value if isinstance(value, Exception) else ParserDied(str(value))
        return value

    def end(self) -> None:
        """Kill, then close: pipes that another thread is blocked on cannot be closed before."""
        self.is_alive = False
        self._process.kill()
        self._process.wait()
        for pipe in (self._requests, self._answers):
            with suppress(OSError):  # what was still buffered has nobody to go to
                pipe.close()

    def _epitaph(self, limits: Limits, *, is_late: bool) -> str:
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return _NO_ANSWER
        if is_late:
            return _TOO_LONG % {"n": f"{limits.wall_seconds:g}"}
        if code == -signal.SIGXCPU:
            return _TOO_HARD % {"n": limits.cpu_seconds}
        if code == _OUT_OF_MEMORY:
            return _TOO_BIG % {"n": limits.memory_bytes >> 20}
        return _DIED % {"code": code}


class _Answer(pickle.Unpickler):
    """Reads an answer, which may name classes of a few modules and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if module in _NAMED_IN_ANSWERS and name.isidentifier():
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")


def _end_all(children: "set[_Child]") -> None:
    while children:
        children.pop().end()


def _send(pipe: IO[bytes], message: Any) -> None:
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    left = memoryview(_LENGTH.pack(len(data)) + data)
    while left:
        left = left[pipe.write(left) :]
    pipe.flush()


def _receive(read: Callable[[int], bytes]) -> bytes:
    (length,) = _LENGTH.unpack(read(_LENGTH.size))
    if length > _LONGEST_MESSAGE:
        raise EOFError(f"{length} bytes are no message")
    return read(length)


def _read_until(pipe: int, until: float, length: int) -> bytes:
    """Read so many bytes from a pipe. Raises TimeoutError when they are not there in time."""
    waiting, data = select.poll(), bytearray()
    waiting.register(pipe, select.POLLIN)
    while len(data) < length:
        if not waiting.poll(max(until - monotonic(), 0) * 1000):
            raise TimeoutError
        data += _some(os.read(pipe, length - len(data)))
    return bytes(data)


def _read_all(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    return data if len(data) == length else _some(b"")


def _some(data: bytes) -> bytes:
    if not data:
        raise EOFError("the other side is gone")
    return data


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer calls until the parent closes the pipe, or is gone."""
    os.nice(_NICENESS)
    held_bytes = _held_bytes()
    with suppress(EOFError):
        while True:
            limits, function, args, kwargs = pickle.loads(_receive(partial(_read_all, requests)))  # noqa: S301 - ours
            _limit(limits, held_bytes)
            _send(answers, _run(function, args, kwargs))


def _run(function: Callable[..., Any], args: Any, kwargs: Any) -> tuple[bool, Any]:
    try:
        return False, function(*args, **kwargs)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
    except Exception as error:  # noqa: BLE001 - the loop's boundary: our parent raises it
        is_known = type(error).__module__ in _NAMED_IN_ANSWERS
        return True, error if is_known else _FAILED % {"error": f"{error!r:.300}"}


def _limit(limits: Limits, held_bytes: int) -> None:
    """Set the soft limits of this call, which a process may raise again for the next."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds = round(usage.ru_utime + usage.ru_stime + limits.cpu_seconds)
    memory_bytes = held_bytes + limits.memory_bytes if held_bytes else resource.RLIM_INFINITY
    for what, soft in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory_bytes)):
        with suppress(ValueError, OSError):  # macOS knows RLIMIT_AS by name only
            resource.setrlimit(what, (soft, resource.getrlimit(what)[1]))


def _held_bytes() -> int:
    """Say how much this process maps; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _settle() -> None:
    """Let the collector of cycles leave alone what is loaded, and look less often than it does.

    Documents make few cycles and many objects: looking for them took a sixteenth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


def main() -> None:
    """Serve on stdin and stdout; whatever a library prints goes nowhere."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends us
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    __import__("news.crawl.reading")  # before the baseline of memory is taken
    _settle()
    _serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
