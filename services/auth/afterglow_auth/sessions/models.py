"""Browser sessions of auth."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import ARRAY, DateTime, String
from sqlmodel import Field

from afterglow_auth.base import Base


class Session(Base, table=True):
    """A browser in which somebody signed in. Only the hash of its cookie is kept; `id` is the `sid` of tokens.

    `device` is what the browser called itself, in a few words (`sessions/devices.py`); nothing says where it was.
    """

    __tablename__ = "sessions"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    cookie_hash: bytes = Field(unique=True)
    person_id: UUID = Field(foreign_key="people.id", index=True)
    auth_time: datetime = Field(sa_type=DateTime(timezone=True))
    acr: str
    amr: list[str] = Field(sa_type=ARRAY(String))
    device: str | None = None
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    last_seen_at: datetime = Field(sa_type=DateTime(timezone=True))
    idle_seconds: int
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
