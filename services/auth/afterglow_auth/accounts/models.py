"""People: who there is, and how each proves it."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field

from afterglow_auth.base import Base


class Person(Base, table=True):
    """Somebody with an account. `disabled_at` ends it; nobody is ever deleted here."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("role IN ('admin', 'client', 'therapist')", name="role"),
        Index("uq_people_email", text("lower(email)"), unique=True),
        Index("ix_people_name", text("lower(name)"), "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str
    name: str
    role: str
    password_hash: str
    locale: str = "en"
    time_zone: str = "UTC"
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    disabled_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    last_sign_in_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))

    @property
    def is_staff(self) -> bool:
        return self.role in {Role.admin, Role.therapist}
