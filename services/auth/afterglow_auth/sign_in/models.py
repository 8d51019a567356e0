"""What is remembered of a sign-in before it is one: tries, for back-off, and the stages of one that has begun."""

from datetime import datetime
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import ARRAY, DateTime, String
from sqlmodel import Field

from afterglow_auth.base import Base


class SignInTries(Base, table=True):
    """Recent tries under one key: a keyed digest of an e-mail address or of a network address, never either itself.

    `noted_until` is the `waits_until` of the last wait whose first refusal went into the audit.
    """

    __tablename__ = "sign_in_tries"

    key: bytes = Field(primary_key=True)
    failures: int
    tried_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)
    waits_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    noted_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class SignInStage(Base, table=True):
    """Somebody on the way in: what they have proved so far, in one browser, and where they were going.

    Found by the hash of the browser's cookie, which is another one after every step. `opened_by` says what began it,
    `ask` is the authorization request in progress as it stood in the address, `goes_to` a page of ours; either may be
    empty. What is still to do is never stored: it is found anew from how the person stands.
    """

    __tablename__ = "sign_in_stages"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    cookie_hash: bytes = Field(unique=True)
    person_id: UUID = Field(foreign_key="people.id", index=True)
    opened_by: str
    amr: list[str] = Field(sa_type=ARRAY(String))
    ask: str = ""
    goes_to: str = ""
    factor_declined: bool = False
    expires_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)
