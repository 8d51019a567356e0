"""An authenticator in software, and what a browser would send of it: as it should be, or wrong in one place."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from struct import pack
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from soft_webauthn import SoftWebauthnDevice

PRESENT, VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
ORIGIN, RP_ID = "http://localhost:8080", "localhost"


def encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def decode(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


@dataclass
class Authenticator:
    """One device with at most one passkey; it asks for a finger unless `flags` say that it does not.

    The keys and the credential are soft_webauthn's; the bytes are put together here, since its own flags are fixed.
    """

    origin: str = ORIGIN
    flags: int = PRESENT | VERIFIED
    device: SoftWebauthnDevice = field(default_factory=SoftWebauthnDevice)
    rp_id: str | None = None

    def create(self, options: str, **client: Any) -> str:
        """What `navigator.credentials.create` gives for options of ours; `client` changes the client data."""
        asked = json.loads(options)
        self.device.cred_init(asked["rp"]["id"], decode(asked["user"]["id"]))
        data = (
            self.heading(ATTESTED)
            + self.device.aaguid
            + pack(">H", len(self.device.credential_id))
            + self.device.credential_id
            + cbor.encode(ES256.from_cryptography_key(self.device.private_key.public_key()))
        )
        attestation = cbor.encode({"authData": data, "fmt": "none", "attStmt": {}})
        told = self.client_data("webauthn.create", asked["challenge"], client)
        return self.written({"clientDataJSON": encode(told), "attestationObject": encode(attestation)})

    def get(self, options: str, *, counted: int = 1, **client: Any) -> str:
        """What `navigator.credentials.get` gives."""
        asked = json.loads(options)
        self.device.sign_count += counted
        told, data = self.client_data("webauthn.get", asked["challenge"], client), self.heading()
        signature = self.device.private_key.sign(data + hashlib.sha256(told).digest(), ec.ECDSA(hashes.SHA256()))
        return self.written(
            {
                "clientDataJSON": encode(told),
                "authenticatorData": encode(data),
                "signature": encode(signature),
                "userHandle": encode(self.device.user_handle),
            }
        )

    def heading(self, more: int = 0) -> bytes:
        party = hashlib.sha256((self.rp_id or self.device.rp_id).encode()).digest()
        return party + bytes([self.flags | more]) + pack(">I", self.device.sign_count)

    def client_data(self, kind: str, challenge: str, changes: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False} | changes
        return json.dumps(told).encode()

    def written(self, response: dict[str, Any]) -> str:
        identifier = encode(self.device.credential_id)
        return json.dumps(
            {
                "id": identifier,
                "rawId": identifier,
                "type": "public-key",
                "authenticatorAttachment": "platform",
                "response": response,
                "clientExtensionResults": {},
            }
        )
