"""The practice's settings, once an admin has saved any: one row, and the logos that it has had."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from afterglow_auth.base import Base

PRACTICE = UUID("0195e3a0-0000-7000-8000-000000000001")
"""The id of the one row: a practice has an auth of its own."""


def now() -> datetime:
    return datetime.now(UTC)


class PracticeLogo(Base, table=True):
    """A PNG of our own making, by the SHA-256 of its bytes. Kept, since pages in browsers may still name it."""

    __tablename__ = "practice_logos"

    hash: str = Field(primary_key=True)
    image: bytes
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class PracticeSettings(Base, table=True):
    """`document` is `afterglow_design.practice.Practice` without its logo; `version` counts its changes."""

    __tablename__ = "practice"
    __table_args__ = (CheckConstraint(f"id = '{PRACTICE}'", name="one"),)

    id: UUID = Field(default=PRACTICE, primary_key=True)
    version: int
    document: dict[str, Any] = Field(sa_type=JSONB)
    logo: str | None = Field(default=None, foreign_key="practice_logos.hash")
    changed_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    changed_by: UUID | None = Field(default=None, foreign_key="people.id")
