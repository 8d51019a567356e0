"""The client's choice to show somebody what others were shown before."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime
from sqlmodel import Field

from afterglow_portal.base import Base


class EarlierShare(Base, table=True):
    """Days of the client's own calendar, both included. Rows are added, and taken back once."""

    __tablename__ = "earlier_shares"
    __table_args__ = (CheckConstraint("from_date <= until_date", name="in_order"),)

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    therapist_id: UUID
    from_date: date
    until_date: date
    chosen_at: datetime = Field(sa_type=DateTime(timezone=True))
    taken_back_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
