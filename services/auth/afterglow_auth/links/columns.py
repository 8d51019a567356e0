"""The columns of a link that works once, and of one behind which a password is chosen."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import DateTime
from sqlmodel import Field, SQLModel

MOST_WRONG_CODES = 5


class LinkState(StrEnum):
    expired = "expired"
    open = "open"
    used = "used"
    withdrawn = "withdrawn"


class LinkColumns(SQLModel):
    """Nothing of the link itself is kept: it is derived from the id and the time at which it expires.

    Without `created_by` the operator made it, at the host itself.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="people.id", index=True)
    created_by: UUID | None = Field(default=None, foreign_key="people.id")
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    used_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    withdrawn_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))

    @property
    def state(self) -> LinkState:
        if self.used_at:
            return LinkState.used
        if self.withdrawn_at:
            return LinkState.withdrawn
        return LinkState.open if self.expires_at > datetime.now(UTC) else LinkState.expired


class ChoosingColumns(LinkColumns):
    """`wrong_codes` counts each code before it is looked at; after so many that were wrong the link is over."""

    wrong_codes: int = 0

    @property
    def state(self) -> LinkState:
        guessed = self.wrong_codes >= MOST_WRONG_CODES and not self.used_at
        return LinkState.withdrawn if guessed else super().state
