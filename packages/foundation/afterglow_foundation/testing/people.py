"""Signed-in people for tests: tokens as auth would sign them, by a key that the test's verifier knows."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.tokens import KeyCache

BASE_URL = "http://localhost:8080"


@dataclass(frozen=True)
class Person:
    """Somebody in a test."""

    role: Role
    name: str
    id: UUID = field(default_factory=new_id)
    session_id: UUID = field(default_factory=new_id)


def as_service(client_id: str) -> dict[str, Any]:
    """What makes a person's claims those of a service."""
    return {"role": "service", "sub": client_id, "client_id": client_id, "sid": None}


class TestIssuer:
    """Stands for auth: one signing key and the tokens it signs."""

    __test__ = False

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "test-key"}, auto_kid=False)

    def keys(self) -> KeyCache:
        async def fetch() -> KeySet:
            return KeySet.import_key_set({"keys": [self.key.as_dict(private=False)]})

        return KeyCache(fetch)

    def claims(self, person: Person, api: str, **overrides: Any) -> dict[str, Any]:  # noqa: ANN401  # any claim value
        now = int(time.time())
        claims = {
            "iss": f"{BASE_URL}/auth",
            "sub": str(person.id),
            "aud": [f"{BASE_URL}/api/{api}"],
            "iat": now,
            "exp": now + 300,
            "jti": str(new_id()),
            "client_id": "test",
            "scope": f"openid {api}",
            "role": str(person.role),
            "sid": str(person.session_id),
            "auth_time": now,
            "acr": "urn:afterglow:acr:password",
            "amr": ["pwd"],
        }
        if person.role == Role.service:
            claims |= as_service(person.name)
        return claims | overrides

    def token(self, person: Person, api: str, **overrides: Any) -> str:  # noqa: ANN401  # any claim value
        """Sign an access token for `person` at `api`; `overrides` replace claims."""
        header = {"alg": "ES256", "typ": "at+jwt", "kid": self.key.kid}
        return jwt.encode(header, self.claims(person, api, **overrides), self.key, algorithms=["ES256"])


@asynccontextmanager
async def open_client(app: FastAPI, token: str | None = None, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the app, in process, with a bearer token if one is given."""
    if token:
        headers["authorization"] = f"Bearer {token}"
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers) as client:
        yield client
