"""A real SMTP server on a loopback port, which keeps what it is given."""

import asyncio
import email
import socket
import ssl
import threading
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class MailServer:
    """Takes mail between `start` and `stop`, any number of times, always on the same port.

    With `tls` it insists on STARTTLS, and then on `login`, which without it may be left out.
    `refusals` are answers by address, such as "550 no such person"; `answers` are given to whole
    letters in turn, instead of taking them; "hang" never answers, and "hang up" only that.
    """

    def __init__(
        self, *, tls: ssl.SSLContext | None = None, login: tuple[str, str] = ("", "")
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.mails: list[EmailMessage] = []
        self.refusals: dict[str, str] = {}
        self.answers: list[str] = []
        self.answered = threading.Event()  # once more
        self.peers: set[Any] = set()  # that sent a letter, one for each connection
        self._open: set[asyncio.Transport] = set()
        self._tls, self._login = tls, login
        self._controller: Controller | None = None

    def __enter__(self) -> "MailServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        options: dict[str, Any] = {}
        if self._tls:
            options = {"tls_context": self._tls, "require_starttls": True, "auth_required": True}
        if any(self._login):
            options |= {"authenticator": self._authenticate, "auth_require_tls": bool(self._tls)}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        self._controller.start()

    def stop(self) -> None:
        if self._controller:
            asyncio.run_coroutine_threadsafe(self._hang_up(), self._controller.loop).result()
            self._controller.stop()
            self._controller = None

    async def _hang_up(self) -> None:
        """End what clients keep open, which the controller would leave behind."""
        for transport in self._open:
            transport.abort()
        self._open.clear()
        await asyncio.sleep(0)  # in which the transports learn of it

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        assert isinstance(server.transport, asyncio.Transport)
        self._open.add(server.transport)
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else ""
        self.answered.set()
        if answer == "hang":
            await asyncio.Event().wait()
        if answer == "hang up":
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        if answer:
            return answer
        content = envelope.content
        assert isinstance(content, bytes)
        mail = email.message_from_bytes(content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.peers.add(session.peer)
        return "250 taken"

    def _authenticate(self, *args: Any) -> AuthResult:
        given = args[-1]
        assert isinstance(given, LoginPassword)
        known = tuple(word.encode() for word in self._login)
        is_right = (given.login, given.password) == known
        return AuthResult(success=is_right, handled=False)  # aiosmtpd says it to the client
