"""Every table of the service, for Alembic."""

from afterglow_messaging.answering.models import AnswerTarget, NoAnswerNeeded
from afterglow_messaging.attachments.models import Attachment, AttachmentChunk
from afterglow_messaging.availability.models import PracticeCopy
from afterglow_messaging.base import AuditEvent, Base, DataKeyRow
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.messages.models import Message, MessageVersion
from afterglow_messaging.notices.models import MessageNotice, NoticeChoice
from afterglow_messaging.people.models import (
    CareRelationship,
    EventFeed,
    Grant,
    PersonCopy,
    ReceivedEvent,
    RevokedSession,
)
from afterglow_messaging.read_marks.models import ReadMark
from afterglow_messaging.saved_answers.models import SavedAnswer
from afterglow_messaging.scheduled.models import ScheduledMessage
from afterglow_messaging.seen.models import SeenChoice

__all__ = [
    "AnswerTarget",
    "Attachment",
    "AttachmentChunk",
    "AuditEvent",
    "Base",
    "CareRelationship",
    "Conversation",
    "DataKeyRow",
    "EventFeed",
    "Grant",
    "Message",
    "MessageNotice",
    "MessageVersion",
    "NoAnswerNeeded",
    "NoticeChoice",
    "PersonCopy",
    "PracticeCopy",
    "ReadMark",
    "ReceivedEvent",
    "RevokedSession",
    "SavedAnswer",
    "ScheduledMessage",
    "SeenChoice",
]
