"""Lines that the client pinned for the next session, and who read them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, ForeignKeyConstraint, Uuid
from sqlmodel import Field

from afterglow_portal.base import Base


class PinnedLine(Base, table=True):
    """A line of an entry, sealed on its own. `entry_id` refers to nothing: a line that was read outlives its entry.

    `shown_to` are those who treated the client when it was pinned; whoever treats them later is not among them, and
    sees it where the client chooses so, by `local_date` (see `earlier_shares`).
    """

    __tablename__ = "pinned_lines"

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    entry_id: UUID
    text: bytes
    body_digest: bytes
    shown_to: list[UUID] = Field(sa_type=ARRAY(Uuid))
    pinned_at: datetime = Field(sa_type=DateTime(timezone=True))
    local_date: date
    settled_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class PinnedLineReading(Base, table=True):
    """Who read a line first when. Without a cascade: what was read is not unpinned."""

    __tablename__ = "pinned_line_readings"
    __table_args__ = (ForeignKeyConstraint(["client_id", "line_id"], ["pinned_lines.client_id", "pinned_lines.id"]),)

    client_id: UUID = Field(primary_key=True)
    line_id: UUID = Field(primary_key=True)
    reader_id: UUID = Field(primary_key=True)
    reader_name: str
    read_at: datetime = Field(sa_type=DateTime(timezone=True))
