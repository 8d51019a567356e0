"""OAuth clients: registering them, and finding them without asking the database each time."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

from afterglow_foundation.database import Database, RowContext
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.audit import Verb, record
from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.oauth.models import OAuthClient
from afterglow_auth.oauth.scopes import APIS, PEOPLE_SCOPES, SERVICE_SCOPES

KNOWN_FOR = 2.0
CLIENT_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}")
PRIVATE_USE = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:(//)?/?[A-Za-z0-9._~/-]+")
TOKEN_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105  # a grant's name
Grant = Literal[
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:token-exchange",
]


class NewClient(BaseModel):
    """A client to register. Redirect URIs are compared character by character; `jwks` holds public P-256 keys.

    Of a secret, which is always one that we made, only `hash_secret` of it. `exchange_scopes` are the other APIs that a
    service may go on to for a person who called it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = Field(pattern=f"^{CLIENT_ID.pattern}$")
    name: str = Field(min_length=1, max_length=100)
    kind: Literal["confidential", "public", "service"]
    redirect_uris: list[str] = []
    post_logout_redirect_uris: list[str] = []
    token_endpoint_auth_method: Literal["none", "private_key_jwt", "client_secret_basic"]
    jwks: dict[str, Any] | None = None
    secret_hash: bytes | None = None
    scopes: list[str]
    grants: list[Grant]
    require_pushed_authorization_requests: bool = False
    dpop_bound_access_tokens: bool = False
    exchange_scopes: list[str] = []
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False

    @field_validator("backchannel_logout_uri")
    @classmethod
    def exact_address(cls, value: str | None) -> str | None:
        return value if value is None else cls.exact_addresses([value])[0]

    @field_validator("redirect_uris", "post_logout_redirect_uris")
    @classmethod
    def exact_addresses(cls, value: list[str]) -> list[str]:
        if any(not is_exact(uri) for uri in value):
            raise ValueError(
                "an absolute address without wildcard, fragment, credentials, spaces, commas or semicolons"
            )
        return value

    @model_validator(mode="after")
    def consistent(self) -> Self:
        method = self.token_endpoint_auth_method
        if (method == "none") != (self.kind == "public"):
            raise ValueError("public clients, and only they, have neither key nor secret")
        if (method == "private_key_jwt") != (self.jwks is not None):
            raise ValueError("clients that sign, and only they, have their public keys in jwks")
        if (method == "client_secret_basic") != (self.secret_hash is not None):
            raise ValueError("clients with a secret, and only they, have its hash")
        if self.kind == "service" and self.jwks is None:
            raise ValueError("services sign")
        if self.jwks is not None and not holds_public_keys(self.jwks):
            raise ValueError("jwks must hold public EC P-256 keys only")
        if (self.kind == "service") != ("client_credentials" in self.grants):
            raise ValueError("services use client_credentials, and only they")
        if unknown := set(self.scopes) - set(SERVICE_SCOPES if self.kind == "service" else PEOPLE_SCOPES):
            raise ValueError(f"scopes not open to this kind of client: {', '.join(sorted(unknown))}")
        return self

    @model_validator(mode="after")
    def exchanging(self) -> Self:
        """Only what has an API of its own is called for somebody, and only its name is a token's audience."""
        if self.kind == "service" and set(self.grants) - {"client_credentials", TOKEN_EXCHANGE}:
            raise ValueError("nobody signs in to a service")
        if (TOKEN_EXCHANGE in self.grants) != bool(self.exchange_scopes):
            raise ValueError("clients that exchange, and only they, have exchange_scopes")
        if self.exchange_scopes and (self.kind != "service" or self.client_id not in APIS):
            raise ValueError("only a service with an API of its own exchanges tokens")
        if set(self.exchange_scopes) - (set(APIS) - {self.client_id}):
            raise ValueError("a token is exchanged for another API")
        return self


def hash_secret(digests: Digests, client_id: str, secret: str) -> bytes:
    """What is stored of a client's secret: a keyed digest is enough, there is nothing to guess in 256 bits of ours."""
    return digests.of(Purpose.client_secret, client_id, secret)


def is_exact(uri: str) -> bool:
    """No `,` or `;` either: the address stands in the sign-in page's Content-Security-Policy, where they separate."""
    parts = urlsplit(uri)
    plain = uri.isascii() and uri.isprintable() and not set(uri) & set(" *#\\<>\"',;")
    web = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"})
    return plain and bool(parts.hostname) and "@" not in parts.netloc and web


def is_private_use(uri: str) -> bool:
    """A scheme of a program on somebody's device (RFC 8252 §7.1): a domain name backwards, and a path."""
    return bool(PRIVATE_USE.fullmatch(uri))


def holds_public_keys(jwks: Mapping[str, Any]) -> bool:
    try:
        keys = KeySet.import_key_set({"keys": jwks["keys"]}).keys
    except (JoseError, KeyError, ValueError, TypeError):
        return False
    return bool(keys) and all(
        isinstance(key, ECKey) and key.curve_name == "P-256" and not key.is_private for key in keys
    )


async def register(session: AsyncSession, new: NewClient) -> OAuthClient:
    """Add a client of the house's own, or bring one of that id up to date, as only the worker role may."""
    values = new.model_dump() | {"built_in": True}
    upsert = insert(OAuthClient).values(**values, created_at=OAuthClient(**values).created_at)
    changed = {name: upsert.excluded[name] for name in values if name != "client_id"}
    await session.execute(upsert.on_conflict_do_update(index_elements=["client_id"], set_=changed))
    await record(session, Verb.client_registered, purpose=new.client_id)
    return await session.get_one(OAuthClient, new.client_id, populate_existing=True)


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client as the endpoints and Authlib (its ClientMixin's methods) see it."""

    client_id: str
    name: str
    kind: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    auth_method: str
    keys: KeySet | None
    scopes: frozenset[str]
    grants: frozenset[str]
    must_push: bool
    must_prove_key: bool
    secret_hash: bytes | None = field(repr=False)
    built_in: bool
    run_by: str
    exchange_scopes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, row: OAuthClient) -> Self:
        return cls(
            row.client_id,
            row.name,
            row.kind,
            tuple(row.redirect_uris),
            tuple(row.post_logout_redirect_uris),
            row.token_endpoint_auth_method,
            KeySet.import_key_set({"keys": row.jwks["keys"]}) if row.jwks else None,
            frozenset(row.scopes),
            frozenset(row.grants),
            row.require_pushed_authorization_requests,
            row.dpop_bound_access_tokens,
            row.secret_hash,
            row.built_in,
            row.run_by,
            frozenset(row.exchange_scopes),
        )

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: the redirect URI is always part of the request."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scope asked for, or None (refused) where it is empty or goes beyond what is registered.

        OpenID Connect would have unknown ones ignored, RFC 6749 §3.3 leaves it open; docs/conformance.md says why not.
        """
        asked = list(dict.fromkeys((scope or "").split()))
        return " ".join(asked) if asked and self.scopes.issuperset(asked) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    @property
    def is_public(self) -> bool:
        """Whether it proves nothing about itself: anybody can name it."""
        return self.auth_method == "none"

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002  # Authlib's signature
        return method == self.auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and "authorization_code" in self.grants

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grants


class ClientDirectory:
    """Registered clients, each remembered for a moment; an unknown or disabled one is asked for every time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[float, RegisteredClient]] = {}

    async def find(self, client_id: str | None) -> RegisteredClient | None:
        if not client_id or not CLIENT_ID.fullmatch(client_id):
            return None
        until, client = self._known.get(client_id, (0.0, None))
        if client and until > time.monotonic():
            return client
        async with self._database.unit_of_work(RowContext()) as session:
            row = await session.get(OAuthClient, client_id)
        if row is None or row.disabled_at is not None:
            self._known.pop(client_id, None)
            return None
        client = RegisteredClient.of(row)
        self._known[client_id] = (time.monotonic() + KNOWN_FOR, client)
        return client
