"""Messaging's copy of the practice's settings: its office hours are among them."""

from afterglow_foundation.security_events.columns import PracticeColumns

from afterglow_messaging.base import Base


class PracticeCopy(Base, PracticeColumns, table=True):
    __tablename__ = "practice"
