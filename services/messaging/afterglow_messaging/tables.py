"""Every table of the service, for Alembic."""

from afterglow_messaging.base import AuditEvent, Base, DataKeyRow
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.messages.models import Message
from afterglow_messaging.people.models import (
    CareRelationship,
    EventFeed,
    Grant,
    PersonCopy,
    ReceivedEvent,
    RevokedSession,
)
from afterglow_messaging.read_marks.models import ReadMark

__all__ = [
    "AuditEvent",
    "Base",
    "CareRelationship",
    "Conversation",
    "DataKeyRow",
    "EventFeed",
    "Grant",
    "Message",
    "PersonCopy",
    "ReadMark",
    "ReceivedEvent",
    "RevokedSession",
]
