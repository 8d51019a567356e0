"""A browser and its push service (RFC 8030): takes what is sent, verifies who sent it, and decrypts it (RFC 8291)."""

import hmac
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass
class Receiver:
    """One browser. It answers one status after the other; the last one stays. A fault is raised instead."""

    endpoint: str = "https://push.example/v1/a-browser"
    statuses: list[int] = field(default_factory=lambda: [201])
    headers: dict[str, str] = field(default_factory=dict)
    fault: BaseException | None = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))
    requests: list[httpx.Request] = field(default_factory=list)

    @property
    def subscription(self) -> dict[str, Any]:
        keys = {"p256dh": encode(point(self.key.public_key())), "auth": encode(self.secret)}
        return {"endpoint": self.endpoint, "keys": keys}

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.fault:
            raise self.fault
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return httpx.Response(status, headers=self.headers, text="not for us")

    @property
    def shown(self) -> list[dict[str, Any]]:
        """What the browser was told, each decrypted."""
        return [json.loads(self.decrypt(request.content)) for request in self.requests]

    def decrypt(self, body: bytes) -> bytes:
        """By RFC 8188 and 8291 word by word, with HMAC for the extracting half of HKDF; nothing of the service's."""
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        info = b"WebPush: info\x00" + point(self.key.public_key()) + sender
        material = expand(extract(self.secret, shared), info, 32)
        pseudo_random = extract(salt, material)
        key = expand(pseudo_random, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = expand(pseudo_random, b"Content-Encoding: nonce\x00", 12)
        text = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\x00")
        assert text[-1:] == b"\x02"  # the last record
        return text[:-1]


def extract(salt: bytes, material: bytes) -> bytes:

    return hmac.digest(salt, material, "sha256")


def expand(key: bytes, info: bytes, length: int) -> bytes:
    return HKDFExpand(algorithm=SHA256(), length=length, info=info).derive(key)


def verified(request: httpx.Request, public_key: str) -> dict[str, Any]:
    """The claims of a VAPID header (RFC 8292 §3) that the key signed by which browsers subscribed."""
    scheme, _, rest = request.headers["authorization"].partition(" ")
    said = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, said["k"]) == ("vapid", public_key)
    raw = decode(said["k"])
    key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": encode(raw[1:33]), "y": encode(raw[33:])})
    return dict(jwt.decode(said["t"], key, algorithms=["ES256"]).claims)
