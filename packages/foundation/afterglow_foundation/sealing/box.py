"""AES-256-GCM with a header `version | algorithm | data key id | nonce` and additional data that names the place."""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT_VERSION = 1
AES_256_GCM = 1
NONCE_BYTES = 12
HEADER_BYTES = 2 + 16 + NONCE_BYTES
KEY_BYTES = 32
TAG_BYTES = 16
OVERHEAD_BYTES = HEADER_BYTES + TAG_BYTES  # how much longer a sealed value is than what was sealed


class SealBrokenError(Exception):
    """The sealed value was altered, moved to another place, or sealed under another key."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a sealed value lives; in another row, column or for another owner it does not open."""

    service: str
    table: str
    column: str
    row: UUID
    owner: UUID
    schema_version: int = 1

    def encode(self) -> bytes:
        return f"{self.service}|{self.table}|{self.column}|{self.row}|{self.owner}|{self.schema_version}".encode()


@dataclass(frozen=True, slots=True)
class DataKey:
    """An opened data key: 32 bytes that seal what one owner wrote."""

    id: UUID
    owner: UUID
    material: bytes = field(repr=False)
    _cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_cipher", AESGCM(self.material))

    def seal(self, text: str, binding: Binding) -> bytes:
        """Return header and ciphertext of `text`."""
        return self.seal_bytes(text.encode(), binding)

    def open(self, sealed: bytes, binding: Binding) -> str:
        """Return the text, or raise SealBrokenError."""
        return self.open_bytes(sealed, binding).decode()

    def seal_bytes(self, content: bytes, binding: Binding) -> bytes:
        """As `seal`, of what is no text."""
        nonce = os.urandom(NONCE_BYTES)
        header = bytes((FORMAT_VERSION, AES_256_GCM)) + self.id.bytes + nonce
        return header + self._cipher.encrypt(nonce, content, header + binding.encode())

    def open_bytes(self, sealed: bytes, binding: Binding) -> bytes:
        """As `open`, of what is no text."""
        header, body = sealed[:HEADER_BYTES], sealed[HEADER_BYTES:]
        if len(body) < TAG_BYTES:
            raise SealBrokenError("too short to have been sealed")
        if header[:2] != bytes((FORMAT_VERSION, AES_256_GCM)) or header[2:18] != self.id.bytes:
            raise SealBrokenError("sealed in another format or under another key")
        try:
            return self._cipher.decrypt(header[18:], body, header + binding.encode())
        except InvalidTag as error:
            raise SealBrokenError("altered, or moved from where it was sealed") from error

    def digest(self, canonical: bytes) -> bytes:
        """A keyed digest of a canonical body: tells a replay from another body without keeping the words."""
        key = hmac.digest(self.material, b"afterglow replay digest", hashlib.sha256)
        return hmac.digest(key, canonical, hashlib.sha256)
