"""Certificates for tests, from an authority of their own."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates for names and addresses of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._name = _name(f"authority of {folder.name}")
        self._key = ec.generate_private_key(ec.SECP256R1())
        signed = _draft(self._name, self._name, self._key.public_key(), datetime.now(UTC) + YEAR)
        signed = signed.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(signed.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def issue(self, host: str, *, ends: timedelta = YEAR) -> Issued:
        """Sign a certificate for a name or an address; `ends` is counted from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        draft = _draft(_name(host), self._name, key.public_key(), datetime.now(UTC) + ends)
        names = x509.SubjectAlternativeName([_general_name(host)])
        signed = draft.add_extension(names, critical=False).sign(self._key, hashes.SHA256())
        made = Issued(self.folder / f"{host}.pem", self.folder / f"{host}.key")
        made.certificate.write_bytes(signed.public_bytes(Encoding.PEM))
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        made.key.write_bytes(text)
        return made


def _draft(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, ends_at: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends_at - 2 * YEAR)
        .not_valid_after(ends_at)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
