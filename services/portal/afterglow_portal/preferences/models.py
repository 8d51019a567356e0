"""Preferences of touch and support. Rows are only added: the newest version holds, the others stay."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, UniqueConstraint
from sqlmodel import Field

from afterglow_portal.base import Base


class SupportPreferences(Base, table=True):
    """One version, under an id of the client's making. `content` is sealed, answers and words alike."""

    __tablename__ = "support_preferences"
    __table_args__ = (CheckConstraint("version > 0", name="version"), UniqueConstraint("client_id", "version"))

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    version: int
    content: bytes
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    body_digest: bytes
