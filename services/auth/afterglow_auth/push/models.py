"""Browsers that may be rung at, and what became of each notice at each of them."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field

from afterglow_auth.base import Base


class PushSubscription(Base, table=True):
    """Where one browser of somebody's is reached. Whoever knows the address and keys could ring there: all is sealed.

    `digest` is a keyed one of what is sealed, so that the same browser stands here once for one person.
    """

    __tablename__ = "push_subscriptions"
    __table_args__ = (UniqueConstraint("person_id", "digest"),)

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="people.id")
    digest: bytes
    key_version: int
    sealed: bytes
    added_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))


class PushDelivery(Base, table=True):
    """A notice at one browser: waiting → sending → sent or unsent; back where certainly nothing was taken.

    `reason` says why it stays unsent: expired · gone · no_account · refused · unclear, as with notices. It outlives
    the subscription.
    """

    __tablename__ = "push_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(["service", "notice_id"], ["notices.service", "notices.id"], ondelete="CASCADE"),
        CheckConstraint("state IN ('waiting', 'sending', 'sent', 'unsent')", name="state"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("(state = 'unsent') = (reason IS NOT NULL)", name="unsent"),
    )

    service: str = Field(primary_key=True)
    notice_id: UUID = Field(primary_key=True)
    subscription_id: UUID = Field(primary_key=True)
    state: str = "waiting"
    reason: str | None = None
    sent_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))

    def give_up(self, reason: str) -> None:
        self.state, self.reason = "unsent", reason

    @property
    def is_settled(self) -> bool:
        return self.state in {"sent", "unsent"}
