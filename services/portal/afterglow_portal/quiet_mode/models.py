"""That a client left the quiet mode of a session, for good: being back on the ordinary pages is a state of its own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint
from sqlmodel import Field

from afterglow_portal.base import Base


class QuietModeLeaving(Base, table=True):
    __tablename__ = "quiet_mode_leavings"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "session_id"], ["course_sessions.client_id", "course_sessions.id"]),
    )

    client_id: UUID = Field(primary_key=True)
    session_id: UUID = Field(primary_key=True)
    left_at: datetime = Field(sa_type=DateTime(timezone=True))
