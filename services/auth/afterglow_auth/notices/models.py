"""Notices that services handed over, and what became of each."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime
from sqlmodel import Field

from afterglow_auth.base import Base


class Notice(Base, table=True):
    """waiting → sending → sent or unsent; back to waiting where it is certain that the mail server has nothing.

    While `pushing`, browsers alone are rung at and settle it (`push/spreading.py`); back to waiting where none was.

    `reason` says why it stays unsent: expired · no_account · refused · unclear. The last one is a notice whose sending
    was broken off in the middle: nobody knows whether it went, and it is not sent twice.
    """

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'pushing', 'sending', 'sent', 'unsent')", name="state"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("(state = 'unsent') = (reason IS NOT NULL)", name="unsent"),
        CheckConstraint("not_before < expires_at", name="in_order"),
    )

    service: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="people.id")
    kind: str
    not_before: datetime = Field(sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)
    taken_at: datetime = Field(sa_type=DateTime(timezone=True))
    send_at: datetime = Field(sa_type=DateTime(timezone=True))
    state: str = "waiting"
    reason: str | None = None
    sent_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))

    def give_up(self, reason: str) -> None:
        self.state, self.reason = "unsent", reason
