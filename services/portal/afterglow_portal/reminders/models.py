"""What a client wants to be reminded of, and every prompt that was ever due."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, UniqueConstraint, text
from sqlmodel import Field

from afterglow_portal.base import Base

UNSETTLED = "state IN ('planned', 'handed_over')"


class ReminderChoice(Base, table=True):
    """Without one a client has what `planning.Wishes` begins with. `daily_at` is by the clock where they are."""

    __tablename__ = "reminder_choices"

    client_id: UUID = Field(primary_key=True)
    daily: bool
    daily_at: time
    after_dose: bool
    chosen_at: datetime = Field(sa_type=DateTime(timezone=True))


class PlannedPrompt(Base, table=True):
    """A line of the ledger; under its `id` auth knows it as a notice.

    planned → handed_over → sent or unsent. `ask_at` is when auth is told or asked next, `sent_at` what auth says.
    `answered_by` is the check-in that came of it.
    """

    __tablename__ = "prompts"
    __table_args__ = (
        CheckConstraint("kind IN ('after_dose', 'daily')", name="kind"),
        CheckConstraint("state IN ('planned', 'handed_over', 'sent', 'unsent')", name="state"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("due_at < expires_at", name="in_order"),
        UniqueConstraint("client_id", "slot"),
        Index("ix_prompts_unsettled", "ask_at", postgresql_where=text(UNSETTLED)),
        Index("ix_prompts_due_at", "due_at"),
        Index("ix_prompts_client_id_sent_at", "client_id", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    slot: str
    kind: str
    local_date: date
    due_at: datetime = Field(sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    state: str = "planned"
    ask_at: datetime = Field(sa_type=DateTime(timezone=True))
    handed_over_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    sent_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    answered_by: UUID | None = None
