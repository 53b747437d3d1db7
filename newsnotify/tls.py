"""The certificate that `up` serves https with: what is wrong with it is said before the start."""

import ssl
from datetime import datetime
from pathlib import Path

from cryptography import x509

from newsnotify.env import SettingError


def check(certificate: Path, key: Path, now: datetime) -> None:
    """Raise SettingError unless the files are a certificate, valid now, and its key."""
    try:
        first = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError) as error:
        expected = "a readable certificate in PEM, the server's own first"
        raise SettingError("TLS_CERT_FILE", str(certificate), expected) from error
    if not first.not_valid_before_utc <= now <= first.not_valid_after_utc:
        since, until = first.not_valid_before_utc, first.not_valid_after_utc
        expected = f"a certificate that is valid today (it was from {since:%F} to {until:%F})"
        raise SettingError("TLS_CERT_FILE", str(certificate), expected)
    try:
        # A key with a password would ask for it, and nobody is there to answer.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        expected = "the key of the certificate in TLS_CERT_FILE, in PEM, without a password"
        raise SettingError("TLS_KEY_FILE", str(key), expected) from error
