"""DPoP (RFC 9449): a proof, made for one request, that whoever sends it holds a key.

Authorization server and resource servers check the same things of it; what only one of them can know (a nonce, the
token, whether the proof is new) is left to each.
"""

import base64
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_letters, digits
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import JWKRegistry, Key
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, Field

from afterglow_foundation.tokens import UNREADABLE, InvalidTokenError, read_header

PROOF_HEADER = "dpop"
PROOF_TYPE = "dpop+jwt"
SHAPES = {"ES256": ("EC", "P-256", ("x", "y")), "EdDSA": ("OKP", "Ed25519", ("x",))}
PROOF_ALGORITHMS = list(SHAPES)
OTHER_KEYS = {"jku", "x5u", "x5c", "crit", "b64"}
PRIVATE_PARTS = {"d", "k", "p", "q", "dp", "dq", "qi", "oth"}
LARGEST_PROOF = 4096
FRESH_FOR = 60  # seconds since the proof was made
AHEAD = 10  # seconds by which its maker's clock may be fast
REMEMBERED_PROOFS = 50_000
PORTS = {"http": 80, "https": 443}
UNRESERVED = {*ascii_letters, *digits, *"-._~"}  # RFC 3986 §2.3
ESCAPED = re.compile("%([0-9A-Fa-f]{2})")

registry = JWSRegistry(algorithms=PROOF_ALGORITHMS)


class InvalidProofError(Exception):
    """There is no proof, or not one of this request. The message is plain ASCII and repeats nothing of it."""


class ProofClaims(BaseModel, strict=True):
    """What a proof says (RFC 9449 §4.2)."""

    jti: str = Field(min_length=1, max_length=255)
    htm: str = Field(max_length=16)
    htu: str = Field(max_length=2048)
    iat: int | float
    nonce: str | None = Field(default=None, max_length=255)
    ath: str | None = Field(default=None, max_length=255)


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof of this request, made a moment ago with the key of thumbprint `jkt` (RFC 7638)."""

    jkt: str
    jti: str
    nonce: str | None
    ath: str | None


def read_proof(shown: Sequence[str], method: str, url: str) -> Proof:
    """What the `DPoP` headers of a request prove (RFC 9449 §4.3). Raises InvalidProofError.

    Whether the nonce is ours, the token is the one it speaks of, and it is new, is for the caller to say.
    """
    if len(shown) != 1:
        raise InvalidProofError("Exactly one DPoP header is needed.")
    header = proof_header(shown[0])
    key = public_key(header)
    claims = read_claims(shown[0], str(header["alg"]), key)
    if claims.htm != method or normalized(claims.htu) != normalized(url):
        raise InvalidProofError("The proof is of another method or address.")
    now = time.time()
    if not now - FRESH_FOR <= claims.iat <= now + AHEAD:
        raise InvalidProofError("The proof was not made just now.")
    return Proof(key.thumbprint(), claims.jti, claims.nonce, claims.ath)


def proof_header(proof: str) -> Mapping[str, Any]:
    if len(proof) > LARGEST_PROOF:
        raise InvalidProofError("The proof is too large.")
    try:
        header = read_header(proof)
    except InvalidTokenError as error:
        raise InvalidProofError("The proof is not a compact JWT.") from error
    if header.get("typ") != PROOF_TYPE:
        raise InvalidProofError("The proof is not of type dpop+jwt.")
    if header.get("alg") not in PROOF_ALGORITHMS or header.keys() & OTHER_KEYS:
        raise InvalidProofError("The proof is not signed in a way that is taken here.")
    return header


def public_key(header: Mapping[str, Any]) -> Key:
    """The key that the proof brings: of the kind its algorithm needs, and nothing of it private."""
    brought = header.get("jwk")
    kind, curve, coordinates = SHAPES[str(header["alg"])]
    if not isinstance(brought, dict) or (brought.get("kty"), brought.get("crv")) != (kind, curve):
        raise InvalidProofError("The proof does not bring the public key that it is signed with.")
    if brought.keys() & PRIVATE_PARTS:
        raise InvalidProofError("The proof brings a private key.")
    try:
        return JWKRegistry.import_key({"kty": kind, "crv": curve, **{name: brought[name] for name in coordinates}})
    except UNREADABLE as error:
        raise InvalidProofError("The key of the proof is none.") from error


def read_claims(proof: str, algorithm: str, key: Key) -> ProofClaims:
    try:
        return ProofClaims.model_validate(jwt.decode(proof, key, algorithms=[algorithm], registry=registry).claims)
    except UNREADABLE as error:
        raise InvalidProofError("Its key has not signed the proof, or a claim is missing or malformed.") from error


def normalized(url: str) -> tuple[str, str, int | None, str]:
    """An address as RFC 9449 §4.3 compares it: without query and fragment, after RFC 3986 §6.2.2 and §6.2.3."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError as error:
        raise InvalidProofError("The address in the proof is none.") from error
    if "@" in parts.netloc or not parts.hostname:
        raise InvalidProofError("The address in the proof is none.")
    return parts.scheme, parts.hostname, port, ESCAPED.sub(unescaped, parts.path) or "/"


def unescaped(escape: re.Match[str]) -> str:
    """The character, where it needed no escape; else the escape in capitals."""
    character = chr(int(escape[1], 16))
    return character if character in UNRESERVED else escape[0].upper()


def hash_of_token(token: str) -> str:
    """`ath` of an access token (RFC 9449 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


class SeenProofs:
    """The proofs that this process has taken while they were fresh.

    It knows nothing of other processes, nor of more than so many: the oldest make room.
    """

    def __init__(self, most: int = REMEMBERED_PROOFS) -> None:
        self._most = most
        self._until: OrderedDict[bytes, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    def take(self, proof: Proof) -> bool:
        """True for a proof that was not there before."""
        now, name = time.monotonic(), hashlib.sha256(f"{proof.jkt}.{proof.jti}".encode()).digest()
        while self._until and (len(self._until) > self._most or next(iter(self._until.values())) < now):
            self._until.popitem(last=False)
        if name in self._until:
            return False
        self._until[name] = now + FRESH_FOR + AHEAD
        return True
