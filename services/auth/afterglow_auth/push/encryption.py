"""A message that only one browser can read (RFC 8291, in the one record of RFC 8188's `aes128gcm`)."""

import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_BYTES, NONCE_BYTES, SALT_BYTES = 16, 12, 16
RECORD = 4096
LAST = b"\x02"  # what stands behind the text of a last record


@dataclass(frozen=True)
class Fresh:
    """What is made anew for every message; given only by tests with the RFC's own example."""

    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    salt: bytes = field(default_factory=lambda: os.urandom(SALT_BYTES))


def encrypt(text: bytes, receiver: bytes, secret: bytes, fresh: Fresh | None = None) -> bytes:
    """The body to send: header and record. `receiver` is an uncompressed point, `secret` sixteen bytes."""
    fresh = fresh or Fresh()
    sender = encoded(fresh.key.public_key())
    shared = fresh.key.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), receiver))
    material = derive(shared, secret, b"WebPush: info\0" + receiver + sender, 32)
    key = derive(material, fresh.salt, b"Content-Encoding: aes128gcm\0", KEY_BYTES)
    nonce = derive(material, fresh.salt, b"Content-Encoding: nonce\0", NONCE_BYTES)
    header = fresh.salt + RECORD.to_bytes(4) + len(sender).to_bytes(1) + sender
    return header + AESGCM(key).encrypt(nonce, text + LAST, None)


def derive(material: bytes, salt: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=purpose).derive(material)


def encoded(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
