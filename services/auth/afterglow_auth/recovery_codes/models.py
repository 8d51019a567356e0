"""Recovery codes: for the day on which the phone is gone."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import DateTime
from sqlmodel import Field

from afterglow_auth.base import Base


class RecoveryCode(Base, table=True):
    """One code, as a keyed digest. `saved_at`: its owner said that they printed or saved it."""

    __tablename__ = "recovery_codes"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="people.id", index=True)
    digest: bytes = Field(unique=True)
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    saved_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    used_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
