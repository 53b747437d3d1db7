"""Connections to the mail server, kept open while letters follow each other."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend

IDLE_SECONDS = 5.0
LETTERS = 100  # some servers take no more over one connection


class NoMailServerError(OSError):
    """The server could not be reached or did not let us in: no fault of any letter."""


class Connection:
    """One connection, used by one thread at a time."""

    def __init__(self) -> None:
        self.backend: BaseEmailBackend = get_connection()
        self.place = _place()
        self.letters = 0
        self.used_at = monotonic()

    def open(self) -> None:
        try:
            self.backend.open()
        except Exception as error:
            self.close()  # a refused password leaves it open
            raise NoMailServerError(f"{type(error).__name__}: {error}") from error

    def is_good(self) -> bool:
        """Ask whether the server still listens: after that, silence would leave us in doubt."""
        if self.place != _place():
            return False
        smtp = self._smtp()
        if smtp is None:
            return True
        try:
            return bool(smtp.noop()[0] == 250)
        except OSError:  # as all of smtplib's errors are
            return False

    def send(self, letter: EmailMessage) -> None:
        letter.connection = self.backend
        self.letters += 1
        letter.send()
        self.used_at = monotonic()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.backend.close()

    def cut(self) -> None:
        """End it from another thread, whatever it waits for."""
        smtp = self._smtp()
        if smtp is not None and smtp.sock is not None:
            with contextlib.suppress(OSError):
                smtp.sock.shutdown(socket.SHUT_RDWR)

    def _smtp(self) -> Any:
        return self.backend.connection if isinstance(self.backend, SmtpBackend) else None


def _place() -> tuple[object, ...]:
    return settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT


class Connections:
    """Those that are open and that nobody uses at the moment."""

    def __init__(self) -> None:
        self._free: list[Connection] = []
        self._lock = threading.Lock()
        self._closing: threading.Timer | None = None

    @contextlib.contextmanager
    def one(self) -> Iterator[Connection]:
        """Lend an open connection; raises NoMailServerError.

        After an error it is closed: what the other side makes of the next letter is not known.
        """
        connection = self._take()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)

    def close(self) -> None:
        """Close all that nobody uses."""
        with self._lock:
            free, self._free = self._free, []
        for connection in free:
            connection.close()

    def _take(self) -> Connection:
        while True:
            with self._lock:
                found = self._free.pop() if self._free else None
            if found is None:
                break
            if found.is_good():
                return found
            found.close()
        made = Connection()
        made.open()
        return made

    def _give_back(self, connection: Connection) -> None:
        if connection.letters >= LETTERS:
            connection.close()
            return
        with self._lock:
            self._free.append(connection)
            if self._closing is None:
                self._close_later()

    def _close_later(self) -> None:
        self._closing = threading.Timer(IDLE_SECONDS, self._close_idle)
        self._closing.daemon = True
        self._closing.start()

    def _close_idle(self) -> None:
        over = monotonic() - IDLE_SECONDS
        with self._lock:
            idle = [each for each in self._free if each.used_at <= over]
            self._free = [each for each in self._free if each.used_at > over]
            self._closing = None
            if self._free:
                self._close_later()
        for connection in idle:
            connection.close()
