"""What web's receiver notes. Sessions themselves are in `session/models.py`."""

from afterglow_foundation.security_events.columns import FeedColumns, ReceivedEventColumns, RevokedSessionColumns

from afterglow_web.base import Base


class RevokedSession(Base, RevokedSessionColumns, table=True):
    """A session of auth's that is over. Looked at with every request: a sign-in under way may come after its end."""

    __tablename__ = "revoked_sessions"


class ReceivedEvent(Base, ReceivedEventColumns, table=True):
    __tablename__ = "received_events"


class EventFeed(Base, FeedColumns, table=True):
    __tablename__ = "event_feeds"
