"""OAuth's tables: clients, what people allowed them, refresh tokens, used assertions, signing keys."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import ARRAY, CheckConstraint, DateTime, ForeignKey, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Column, Field

from afterglow_auth.base import Base


def now() -> datetime:
    return datetime.now(UTC)


def strings() -> Column[Any]:
    return Column(ARRAY(String), nullable=False)


class OAuthClient(Base, table=True):
    """A program that may ask people to sign in to it, or (kind `service`) acts for itself.

    What was registered at the host is `built_in`: nobody is asked whether they allow it anything, and no admin changes
    it. Else they could lead a code that opens somebody's records to an address of their own.
    """

    __tablename__ = "oauth_clients"
    __table_args__ = (
        CheckConstraint("kind IN ('confidential', 'public', 'service')", name="kind"),
        CheckConstraint(
            "token_endpoint_auth_method IN ('none', 'private_key_jwt', 'client_secret_basic')", name="method"
        ),
        CheckConstraint(
            "(token_endpoint_auth_method = 'client_secret_basic') = (secret_hash IS NOT NULL)", name="secret"
        ),
        CheckConstraint("(token_endpoint_auth_method = 'none') = (kind = 'public')", name="public_without_key"),
        CheckConstraint("exchange_scopes = '{}' OR kind = 'service'", name="exchanging"),
    )

    client_id: str = Field(primary_key=True)
    name: str
    kind: str
    redirect_uris: list[str] = Field(sa_column=strings())
    post_logout_redirect_uris: list[str] = Field(sa_column=strings())
    token_endpoint_auth_method: str
    jwks: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    secret_hash: bytes | None = None
    scopes: list[str] = Field(sa_column=strings())
    grants: list[str] = Field(sa_column=strings())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    body_digest: bytes | None = None
    disabled_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    require_pushed_authorization_requests: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    dpop_bound_access_tokens: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    built_in: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    run_by: str = Field(default="", sa_column_kwargs={"server_default": ""})
    exchange_scopes: list[str] = Field(default=[], sa_column=Column(ARRAY(String), nullable=False, server_default="{}"))
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})


class Authorization(Base, table=True):
    """What one person allowed one client at one sign-in.

    It begins with a code, redeemed once, and lives on as a family of refresh tokens; revoking it ends them all.
    Either may be bound to a key, by its thumbprint (RFC 9449): a code whose request named it, a public client's family.
    """

    __tablename__ = "authorizations"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    client_id: str = Field(foreign_key="oauth_clients.client_id", index=True)
    person_id: UUID = Field(foreign_key="people.id", index=True)
    session_id: UUID = Field(foreign_key="sessions.id", index=True)
    scope: str
    resources: list[str] = Field(default=[], sa_column=Column(ARRAY(String), nullable=False, server_default="{}"))
    claims: dict[str, list[str]] = Field(default={}, sa_column=Column(JSONB, nullable=False, server_default="{}"))
    nonce: str | None = None
    auth_time: datetime = Field(sa_type=DateTime(timezone=True))
    acr: str
    amr: list[str] = Field(sa_column=strings())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    code_hash: bytes = Field(unique=True)
    code_expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    code_used_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    redirect_uri: str
    code_challenge: str
    code_jkt: str | None = None
    refresh_jkt: str | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    revoked_because: str | None = None

    def get_redirect_uri(self) -> str:
        """As Authlib asks for it."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """As Authlib asks for it."""
        return self.scope


class PushedRequest(Base, table=True):
    """An authorization request that its client handed in (RFC 9126): of the reference to it only a hash.

    A browser may begin with it until `expires_at`, then go on until `begun_until`; at `used_at` it gave a code. Of one
    that nobody proved to have sent, `network` is a keyed digest of where it came from.
    """

    __tablename__ = "pushed_requests"
    __table_args__ = (Index("ix_pushed_requests_network", "network", postgresql_where=text("network IS NOT NULL")),)

    reference_hash: bytes = Field(primary_key=True)
    client_id: str = Field(foreign_key="oauth_clients.client_id")
    network: bytes | None = None
    parameters: dict[str, str] = Field(sa_type=JSONB)
    expires_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)
    begun_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    used_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class RefreshToken(Base, table=True):
    """One link of a family: only its hash. `used_at` says when it was exchanged for its successor."""

    __tablename__ = "refresh_tokens"

    token_hash: bytes = Field(primary_key=True)
    authorization_id: UUID = Field(sa_column=Column(ForeignKey("authorizations.id"), nullable=False, index=True))
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    used_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class UsedAssertion(Base, table=True):
    """A `jti` that a client's assertion or its proof of a key has spent, kept until that would have expired."""

    __tablename__ = "used_assertions"

    jti_hash: bytes = Field(primary_key=True)
    expires_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)


class SigningKey(Base, table=True):
    """A key that signs tokens from `active_at` until `retires_at`; published from its birth until all have expired."""

    __tablename__ = "signing_keys"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    public_key: dict[str, Any] = Field(sa_type=JSONB)
    key_version: int
    wrapped: bytes
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    active_at: datetime = Field(sa_type=DateTime(timezone=True))
    retires_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
