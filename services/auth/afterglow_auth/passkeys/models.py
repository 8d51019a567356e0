"""Passkeys, and the challenges that wait to be answered with one."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import BigInteger, DateTime
from sqlmodel import Field

from afterglow_auth.base import Base


class Passkey(Base, table=True):
    """A public key of somebody's authenticator; the private half has never been here.

    `backed_up` passkeys may live on several devices at once. `suspected_at`: its counter once went backwards, so
    there may be a copy of it.
    """

    __tablename__ = "passkeys"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="people.id", index=True)
    credential_id: bytes = Field(unique=True)
    public_key: bytes
    name: str
    sign_count: int = Field(sa_type=BigInteger)  # of 32 bits without a sign
    backed_up: bool
    roaming: bool
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    last_used_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    suspected_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))

    @property
    def amr(self) -> list[str]:
        """RFC 8176's words for a sign-in with it: what can be copied between devices is software's."""
        return ["swk" if self.backed_up else "hwk", "user", "mfa"]


class PasskeyChallenge(Base, table=True):
    """A challenge that was given to one browser for one purpose; it is deleted by whoever answers it first.

    `digest` is a keyed one of the challenge, `browser` of the cookie. Only a registration knows the person.
    """

    __tablename__ = "passkey_challenges"

    digest: bytes = Field(primary_key=True)
    browser: bytes
    purpose: str
    person_id: UUID | None = Field(default=None, foreign_key="people.id")
    expires_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)
