"""Every table of the service, for Alembic."""

from afterglow_messaging.base import AuditEvent, Base, DataKeyRow
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.messages.models import Message
from afterglow_messaging.people.models import CareRelationship, PersonCopy

__all__ = ["AuditEvent", "Base", "CareRelationship", "Conversation", "DataKeyRow", "Message", "PersonCopy"]
