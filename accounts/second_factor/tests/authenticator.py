"""A security key in software, for what a browser's virtual one would refuse to do."""

import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
)

PRESENT, ATTESTED = 0x01, 0x40


class SecurityKey:
    def __init__(self, origin: str, site: str, number: bytes = b"credential of tests") -> None:
        self.origin, self.site, self.id = origin, site, number
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.counter = 1

    def make(self, options: str) -> dict[str, Any]:
        """Answer `navigator.credentials.create`."""
        public: Any = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        data = self._data(PRESENT | ATTESTED, credential)
        made = {
            "attestationObject": bytes(
                AttestationObject.create("none", AuthenticatorData(data), {})
            )
        }
        return self._answer({**made, "clientDataJSON": self._client("webauthn.create", options)})

    def show(self, options: str) -> dict[str, Any]:
        """Answer `navigator.credentials.get`."""
        self.counter += 1
        data, client = self._data(PRESENT), self._client("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        shown = {"authenticatorData": data, "signature": signature}
        return self._answer({**shown, "clientDataJSON": client})

    def _data(self, flags: int, credential: bytes = b"") -> bytes:
        site = hashlib.sha256(self.site.encode()).digest()
        flag = AuthenticatorData.FLAG(flags)
        return bytes(AuthenticatorData.create(site, flag, self.counter, credential))

    def _client(self, kind: str, options: str) -> bytes:
        asked = json.loads(options)
        told = {"type": kind, "challenge": asked["challenge"], "origin": self.origin}
        return json.dumps(told).encode()

    def _answer(self, response: dict[str, bytes]) -> dict[str, Any]:
        number = websafe_encode(self.id)
        packed = {name: websafe_encode(value) for name, value in response.items()}
        return {"id": number, "rawId": number, "type": "public-key", "response": packed}
