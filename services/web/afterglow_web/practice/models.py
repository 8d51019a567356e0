"""web's copy of the practice's settings."""

from afterglow_foundation.security_events.columns import PracticeColumns

from afterglow_web.base import Base


class PracticeCopy(Base, PracticeColumns, table=True):
    __tablename__ = "practice"
