"""OAuth's tables: clients, what people allowed them, refresh tokens, used assertions, signing keys."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import ARRAY, CheckConstraint, DateTime, ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Column, Field

from afterglow_auth.base import Base


def now() -> datetime:
    return datetime.now(UTC)


def strings() -> Column[Any]:
    return Column(ARRAY(String), nullable=False)


class OAuthClient(Base, table=True):
    """A program that may ask people to sign in to it, or (kind `service`) acts for itself."""

    __tablename__ = "oauth_clients"
    __table_args__ = (
        CheckConstraint("kind IN ('confidential', 'public', 'service')", name="kind"),
        CheckConstraint("token_endpoint_auth_method IN ('none', 'private_key_jwt')", name="method"),
        CheckConstraint("(token_endpoint_auth_method = 'none') = (kind = 'public')", name="public_without_key"),
    )

    client_id: str = Field(primary_key=True)
    name: str
    kind: str
    redirect_uris: list[str] = Field(sa_column=strings())
    post_logout_redirect_uris: list[str] = Field(sa_column=strings())
    token_endpoint_auth_method: str
    jwks: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    scopes: list[str] = Field(sa_column=strings())
    grants: list[str] = Field(sa_column=strings())
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class Authorization(Base, table=True):
    """What one person allowed one client at one sign-in.

    It begins with a code, redeemed once, and lives on as a family of refresh tokens; revoking it ends them all.
    """

    __tablename__ = "authorizations"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    client_id: str = Field(foreign_key="oauth_clients.client_id")
    person_id: UUID = Field(foreign_key="people.id", index=True)
    session_id: UUID = Field(foreign_key="sessions.id", index=True)
    scope: str
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
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    revoked_because: str | None = None

    def get_redirect_uri(self) -> str:
        """As Authlib asks for it."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """As Authlib asks for it."""
        return self.scope


class RefreshToken(Base, table=True):
    """One link of a family: only its hash. `used_at` says when it was exchanged for its successor."""

    __tablename__ = "refresh_tokens"

    token_hash: bytes = Field(primary_key=True)
    authorization_id: UUID = Field(sa_column=Column(ForeignKey("authorizations.id"), nullable=False, index=True))
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    used_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class UsedAssertion(Base, table=True):
    """A `jti` that a client's assertion has spent, kept until the assertion would have expired."""

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
