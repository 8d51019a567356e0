"""Tokens as an attacker would write them: every part by hand."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from afterglow_foundation.testing.people import Person, TestIssuer
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry

HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": "test-key"}


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def segment(value: object) -> str:
    return encoded(json.dumps(value).encode())


@dataclass(frozen=True)
class Forger:
    """Knows what an attacker knows: a valid token of a person, and the issuer's public key.

    `issuer` signs too, for tokens that the real issuer must never have signed. `asked` are the claims that the door
    at which it is tried wants to see.
    """

    issuer: TestIssuer
    person: Person
    asked: Mapping[str, Any] = field(default_factory=dict)

    def claims(self, **overrides: Any) -> dict[str, Any]:
        return self.issuer.claims(self.person, "things", **{**self.asked, **overrides})

    @property
    def audience(self) -> str:
        return str(self.claims()["aud"][0])

    @property
    def scope(self) -> str:
        return str(self.claims()["scope"]).split()[-1]

    def without(self, name: str) -> dict[str, Any]:
        return {claim: value for claim, value in self.claims().items() if claim != name}

    @cached_property
    def valid(self) -> str:
        return self.issuer.token(self.person, "things", **self.asked)

    @property
    def parts(self) -> list[str]:
        return self.valid.split(".")

    def signed(self, header: object | None = None, payload: object | None = None, key: ECKey | None = None) -> str:
        """Header and payload of any shape under a genuine ES256 signature, the issuer's unless `key` is given."""
        first = segment(header if header is not None else HEADER)
        second = segment(payload if payload is not None else self.claims())
        return self.signed_text(f"{first}.{second}", key)

    def signed_text(self, text: str, key: ECKey | None = None) -> str:
        return f"{text}.{encoded(signature('ES256', text, key or self.issuer.key))}"

    def with_header(self, **changes: Any) -> str:
        return self.signed(HEADER | changes)

    def with_claims(self, **changes: Any) -> str:
        return self.signed(None, self.claims(**changes))

    def hmac(self, secret: bytes, algorithm: str = "HS256", **changes: Any) -> str:
        text = f"{segment(HEADER | {'alg': algorithm} | changes)}.{segment(self.claims())}"
        digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
        return f"{text}.{encoded(hmac.digest(secret, text.encode(), digest))}"

    def with_signature(self, replaced: bytes) -> str:
        return ".".join([*self.parts[:2], encoded(replaced)])

    @property
    def public_pem(self) -> bytes:
        return self._public(Encoding.PEM)

    @property
    def public_der(self) -> bytes:
        return self._public(Encoding.DER)

    @property
    def public_jwk(self) -> dict[str, Any]:
        return dict(self.issuer.key.as_dict(private=False))

    def _public(self, encoding: Encoding) -> bytes:
        return self.issuer.key.public_key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def signature(algorithm: str, text: str, key: ECKey) -> bytes:
    """A genuine signature of any text."""
    return JWSRegistry(algorithms=[algorithm]).get_alg(algorithm).sign(text.encode(), key)
