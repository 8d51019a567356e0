"""Which terms somebody accepted, and when."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlmodel import Field

from afterglow_auth.base import Base


class TermsAcceptance(Base, table=True):
    """One person, one version of the practice's terms."""

    __tablename__ = "terms_acceptances"

    person_id: UUID = Field(foreign_key="people.id", primary_key=True)
    version: int = Field(primary_key=True)
    accepted_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
