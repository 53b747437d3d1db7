"""Servers that speak TLS, for tests: a Redis, a MariaDB, and a way to a RabbitMQ."""

import asyncio
import contextlib
import getpass
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newsnotify.tests.certificates import Issued
from newsnotify.tests.processes import free_port, until
from newsnotify.tests.servers import own_queue


@contextlib.contextmanager
def _running(*command: str, log: Path, ready: str) -> Iterator[None]:
    """Run a server from when its log says `ready`."""
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603 - our own
    try:
        until(lambda: process.poll() is not None or ready in log.read_text(errors="replace"))
        assert process.poll() is None, log.read_text(errors="replace")
        yield
    finally:
        process.kill()
        process.wait(10)


@contextlib.contextmanager
def redis(issued: Issued, folder: Path) -> Iterator[str]:
    """Give the address of a Redis that speaks nothing but TLS."""
    if shutil.which("redis-server") is None:
        pytest.skip("needs Redis (Debian: apt-get install redis-server)")
    port = str(free_port())
    tls = ["--tls-cert-file", str(issued.certificate), "--tls-key-file", str(issued.key)]
    tls += ["--port", "0", "--tls-port", port, "--tls-auth-clients", "no"]
    command = ["redis-server", *tls, "--bind", "127.0.0.1", "--save", ""]
    with _running(*command, log=folder / "redis.log", ready="Ready to accept connections"):
        yield f"rediss://127.0.0.1:{port}/0"


@contextlib.contextmanager
def mariadb(issued: Issued, folder: Path) -> Iterator[str]:
    """Give the address of a MariaDB of our own that offers TLS."""
    if shutil.which("mariadbd") is None:
        pytest.skip("needs MariaDB (Debian: apt-get install mariadb-server)")
    data, port, user = folder / "sql", free_port(), getpass.getuser()
    rooted = "--auth-root-authentication-method=normal"
    install = ["mariadb-install-db", "--no-defaults", f"--user={user}", f"--datadir={data}", rooted]
    subprocess.run(install, check=True, capture_output=True, timeout=60)  # noqa: S603 - our own
    command = ["mariadbd", "--no-defaults", f"--user={user}", f"--datadir={data}"]
    command += [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 'sql.sock'}"]
    command += [f"--ssl-cert={issued.certificate}", f"--ssl-key={issued.key}"]
    command += [f"--pid-file={folder / 'sql.pid'}", "--init-file", str(_accounts(folder))]
    with _running(*command, log=folder / "sql.log", ready="ready for connections"):
        yield f"mysql://somebody:secret@127.0.0.1:{port}/newsnotify"


def _accounts(folder: Path) -> Path:
    file = folder / "accounts.sql"
    file.write_text(
        "CREATE DATABASE newsnotify CHARACTER SET utf8mb4;\n"
        "CREATE USER somebody@'127.0.0.1' IDENTIFIED BY 'secret' REQUIRE SSL;\n"
        "GRANT ALL ON newsnotify.* TO somebody@'127.0.0.1';\n"
    )
    return file


@contextlib.contextmanager
def rabbitmq(issued: Issued) -> Iterator[str]:
    """Give the address of a RabbitMQ behind somebody who speaks TLS for it."""
    with own_queue() as (url, gate), _terminated(issued, gate.port) as port:
        parts = urlsplit(url)
        user_info = parts.netloc.rpartition("@")[0]
        secure = parts._replace(scheme="amqps", netloc=f"{user_info}@127.0.0.1:{port}")
        yield secure.geturl()


@contextlib.contextmanager
def _terminated(issued: Issued, target_port: int) -> Iterator[int]:
    """Speak TLS on a port for a server that cannot."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    loop, port = asyncio.new_event_loop(), free_port()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target_port)
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    starting = asyncio.start_server(talk, "127.0.0.1", port, ssl=context)
    server = loop.run_until_complete(starting)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
