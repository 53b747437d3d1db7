"""Servers of bytes on the loopback, in the loop of the test, for what no server should do."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Talk = Callable[[Reader, Writer], Awaitable[None]]


class Wire:
    """A server of bytes: `talk` has each connection for itself; it sees when we hang up."""

    def __init__(self, talk: Talk, is_listening: bool) -> None:
        self._talk, self._is_listening = talk, is_listening
        self.requests: list[bytes] = []
        self.asked, self.hung_up = asyncio.Event(), asyncio.Event()
        self.connection_count = 0
        self.port = 0
        self.tasks: set[asyncio.Task[None] | None] = set()

    async def serve(self, reader: Reader, writer: Writer) -> None:
        self.connection_count += 1
        self.tasks.add(asyncio.current_task())
        # Cancelled when the test is over: the protocol of streams would log it. RuntimeError is
        # how uvloop tells a writer that we have hung up.
        with contextlib.suppress(OSError, EOFError, RuntimeError, asyncio.CancelledError):
            if self._is_listening:
                self.requests.append(await reader.readuntil(b"\r\n\r\n"))
                self.asked.set()
            await self._talk(reader, writer)
            while await reader.read(65536):
                pass
        self.hung_up.set()
        writer.transport.abort()


@asynccontextmanager
async def wire(
    talk: Talk,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    *,
    is_listening: bool = True,
) -> AsyncIterator[Wire]:
    served = Wire(talk, is_listening)
    server = await asyncio.start_server(served.serve, host, 0, ssl=tls)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
        await asyncio.sleep(0.01)  # whom it has just accepted has a task by then
        tasks = list(filter(None, served.tasks))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def saying(*pieces: bytes, ends: bool = False, pause: float = 0) -> Talk:
    async def talk(_: Reader, writer: Writer) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        if ends:
            writer.write_eof()

    return talk
