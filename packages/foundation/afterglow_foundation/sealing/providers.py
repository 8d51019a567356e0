"""Key-encryption keys behind one protocol: from a file here, from a KMS elsewhere."""

import base64
import binascii
import json
import os
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from afterglow_foundation.sealing.box import KEY_BYTES, NONCE_BYTES, TAG_BYTES, SealBrokenError


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key under the key-encryption key of that version."""

    version: int
    wrapped: bytes


class KeyProvider(Protocol):
    """Wraps and unwraps data keys; the newest version wraps, every kept version unwraps."""

    async def wrap(self, material: bytes, context: bytes) -> WrappedKey: ...

    async def unwrap(self, key: WrappedKey, context: bytes) -> bytes: ...


class FileKeyProvider:
    """Key-encryption keys from the settings: JSON `{"1": base64 of 32 bytes, …}`."""

    def __init__(self, document: str) -> None:
        """Raise ValueError for a document that holds no usable keys."""
        try:
            keys = {
                int(version): base64.b64decode(text, validate=True) for version, text in json.loads(document).items()
            }
        except (AttributeError, TypeError, binascii.Error, json.JSONDecodeError) as error:
            raise ValueError('key_encryption_keys must be JSON like {"1": "base64 of 32 bytes"}') from error
        if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise ValueError("every key-encryption key must be 32 bytes")
        self._ciphers = {version: AESGCM(key) for version, key in keys.items()}
        self._newest = max(keys)

    async def wrap(self, material: bytes, context: bytes) -> WrappedKey:
        nonce = os.urandom(NONCE_BYTES)
        return WrappedKey(self._newest, nonce + self._ciphers[self._newest].encrypt(nonce, material, context))

    async def unwrap(self, key: WrappedKey, context: bytes) -> bytes:
        cipher = self._ciphers.get(key.version)
        if cipher is None:
            raise SealBrokenError(f"no key-encryption key of version {key.version}")
        if len(key.wrapped) <= NONCE_BYTES + TAG_BYTES:  # auth wraps signing keys too, which are longer than data keys
            raise SealBrokenError("not a wrapped data key")
        try:
            return cipher.decrypt(key.wrapped[:NONCE_BYTES], key.wrapped[NONCE_BYTES:], context)
        except InvalidTag as error:
            raise SealBrokenError("the data key was altered or belongs to another owner") from error
