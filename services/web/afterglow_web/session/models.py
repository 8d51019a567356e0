"""Tables of the browser's session. What proves anything is hashed or sealed."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import DateTime
from sqlmodel import Field

from afterglow_web.base import Base


def now() -> datetime:
    return datetime.now(UTC)


class WebSession(Base, table=True):
    """One signed-in browser. `cookie_hash` is SHA-256 of the cookie; the tokens are sealed under the person's key.

    `provider_session_id` is auth's `sid`; `auth_time` and `acr` say when and how the person last proved who they are,
    `earlier_csrf_secret` is of the forms from before that; `told_at` says how new the last word of auth's on the person
    is. A session that ended keeps its row for a while, without tokens.
    """

    __tablename__ = "web_sessions"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    cookie_hash: bytes = Field(unique=True)
    person_id: UUID = Field(index=True)
    role: str
    name: str
    time_zone: str
    locale: str
    provider_session_id: UUID | None = Field(default=None, index=True)
    auth_time: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    acr: str | None = None
    csrf_secret: bytes
    earlier_csrf_secret: bytes | None = None
    access_token: bytes | None = None
    refresh_token: bytes | None = None
    id_token: bytes | None = None
    access_expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    last_seen_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    told_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class SignInAttempt(Base, table=True):
    """A sign-in on its way, bound to the browser by its cookie, used once."""

    __tablename__ = "sign_in_attempts"

    cookie_hash: bytes = Field(primary_key=True)
    return_to: str
    expires_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)


class StepUpAttempt(Base, table=True):
    """A step-up on its way, bound to a session and used once; state, nonce and verifier come from its sealed secret."""

    __tablename__ = "step_up_attempts"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(index=True)
    session_id: UUID
    secret: bytes
    return_to: str
    max_age: int
    acr_values: str
    expires_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)


class KeptForm(Base, table=True):
    """What somebody had typed when their session turned out to be over: sealed, theirs, for a short time."""

    __tablename__ = "kept_forms"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(index=True)
    fields: bytes
    expires_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)
