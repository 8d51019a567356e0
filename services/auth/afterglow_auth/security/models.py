"""What was typed into a form of the security page while its owner had to prove once more who they are."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from afterglow_auth.base import Base


class KeptForm(Base, table=True):
    """One per person, the last; for its own page, for minutes, and given back once. No password, no code."""

    __tablename__ = "kept_forms"

    person_id: UUID = Field(foreign_key="people.id", primary_key=True)
    path: str
    fields: dict[str, str] = Field(sa_type=JSONB)
    kept_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
