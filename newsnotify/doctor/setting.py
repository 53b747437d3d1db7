"""What the operator has set, and whether it can be meant together."""

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from django.http.request import validate_host

from newsnotify.doctor.findings import Finding, failed, fine, noted

SHORTEST_KEY_BYTES = 32  # RFC 7518, section 3.2: as long as the hash of HS256
RENEW_BEFORE = timedelta(days=14)
NEAR = ["localhost", "127.0.0.1", "::1", "[::1]"]


def keys() -> Finding:
    """check SECRET_KEY"""
    length = len(settings.SECRET_KEY.encode())
    if length < SHORTEST_KEY_BYTES:
        remedy = f"make it {SHORTEST_KEY_BYTES} bytes or longer, and random"
        return failed(f"SECRET_KEY has {length} bytes", remedy)
    if settings.DEBUG and _public_host() not in NEAR:
        return failed("DEBUG=1 shows errors to everybody", "set DEBUG=0 where others come")
    return fine(f"SECRET_KEY has {length} bytes, DEBUG is {'on' if settings.DEBUG else 'off'}")


def tls() -> Finding:
    """check that TLS_CERT_FILE and TLS_KEY_FILE are readable, PEM, and belong together"""
    if not settings.TLS_CERT_FILE:
        return fine("https is spoken by somebody in front" if settings.IS_HTTPS else "not used")
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
        settings.TLS_CERT_FILE, settings.TLS_KEY_FILE
    )
    certificate = x509.load_pem_x509_certificate(settings.TLS_CERT_FILE.read_bytes())
    ends_at = certificate.not_valid_after_utc
    if ends_at - datetime.now(UTC) < RENEW_BEFORE:
        return failed(f"the certificate ends on {ends_at:%Y-%m-%d %H:%M} UTC", "renew it")
    return fine(f"the certificate is good until {ends_at:%Y-%m-%d}")


def addresses() -> Finding:
    """check PUBLIC_URL"""
    public = urlsplit(settings.PUBLIC_URL)
    origin = f"{public.scheme}://{public.netloc}"
    if not validate_host(_public_host(), settings.ALLOWED_HOSTS):
        remedy = f"add {_public_host()} to ALLOWED_HOSTS"
        return failed(f"{settings.PUBLIC_URL} would be answered with 400", remedy)
    if origin not in settings.ALLOWED_ORIGINS:
        remedy = f"add {origin} to ALLOWED_ORIGINS"
        return failed(f"sockets of pages at {origin} would be refused", remedy)
    if _public_host() not in NEAR and not settings.IS_HTTPS:
        remedy = "put TLS_CERT_FILE or a proxy in front, and https:// into PUBLIC_URL"
        return noted(f"{settings.PUBLIC_URL} sends passwords in the clear", remedy)
    if _public_host() in NEAR and not settings.IS_ONE_PROCESS:
        return noted(f"{settings.PUBLIC_URL} is for this machine only", "set PUBLIC_URL")
    return fine(settings.PUBLIC_URL)


def _public_host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or ""


def data() -> Finding:
    """make DATA_DIR a folder that this process may write"""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
        file.write(b"doctor")
    return fine(f"{settings.DATA_DIR} can be written")


def push() -> Finding:
    """check VAPID_PRIVATE_KEY"""
    if settings.VAPID_PRIVATE_KEY:
        return noted("VAPID_PRIVATE_KEY is set, but nothing is pushed to browsers yet")
    return noted("not configured, and nothing is pushed to browsers yet")
