"""Guarded HTTP over TLS, against servers with certificates that are and are not right."""

import asyncio
import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from newsnotify.lib import outbound
from newsnotify.lib.outbound import Limits, OutboundPolicy
from newsnotify.lib.outbound import gate as outbound_gate

from .wires import saying, wire

pytestmark = pytest.mark.anywhere

HERE = OutboundPolicy.parse("127.0.0.0/8")
SHORT = Limits(connect_seconds=0.5, total_seconds=0.7)
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    """A server for right.example and 127.0.0.1 whose certificate we trust."""
    path = certificate_for("right.example", "127.0.0.1", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    outbound_gate._tls.cache_clear()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    yield context
    outbound_gate._tls.cache_clear()


def ask_by_tls(
    runner: asyncio.Runner, tls: ssl.SSLContext, host: str
) -> tuple[int, list[str | None]]:
    named: list[str | None] = []
    tls.sni_callback = lambda _, name, __: named.append(name)

    async def run() -> int:
        async def lookup(_: str) -> list[str]:
            return ["127.0.0.1"]

        talk = saying(OK + b"Content-Length: 0\r\n\r\n")
        async with wire(talk, tls=tls) as server, outbound.session(HERE, lookup=lookup) as session:
            url = f"https://{host}:{server.port}/"
            return (await outbound.request(session, "GET", url, limits=Limits())).status

    return runner.run(run()), named


def test_request_names_the_host_and_checks_it_when_speaking_tls(
    runner: asyncio.Runner, tls: ssl.SSLContext
) -> None:
    assert ask_by_tls(runner, tls, "right.example") == (200, ["right.example"])
    assert ask_by_tls(runner, tls, "127.0.0.1") == (200, [None])


@pytest.mark.parametrize("host", ["wrong.example", "right.example.org", "sub.right.example"])
def test_request_is_unreachable_when_a_certificate_is_for_another(
    runner: asyncio.Runner, tls: ssl.SSLContext, host: str
) -> None:
    with pytest.raises(outbound.Unreachable, match=r"has no valid certificate: .+ mismatch"):
        ask_by_tls(runner, tls, host)


def test_request_is_unreachable_when_the_server_speaks_no_tls(runner: asyncio.Runner) -> None:
    async def run() -> None:
        async with (
            wire(saying(OK + b"\r\n"), is_listening=False) as server,
            outbound.session(HERE) as session,
        ):
            url = f"https://127.0.0.1:{server.port}/"
            with pytest.raises(outbound.Unreachable, match="does not speak TLS with us"):
                await outbound.request(session, "GET", url, limits=Limits())

    runner.run(run())


def test_request_hangs_up_in_time_when_a_handshake_never_ends(runner: asyncio.Runner) -> None:
    async def run() -> None:
        async with (
            wire(saying(), is_listening=False) as server,
            outbound.session(HERE) as session,
        ):
            url = f"https://127.0.0.1:{server.port}/"
            with pytest.raises(outbound.Unreachable, match="in time"):
                await outbound.request(session, "GET", url, limits=SHORT)
            await asyncio.wait_for(server.hung_up.wait(), 5)

    runner.run(run())


def certificate_for(name: str, address: str, folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address(address))]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(pem)
    )
    return path
