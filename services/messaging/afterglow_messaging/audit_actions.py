"""What messaging's audit trail can say was done; a refused permission is kept under the permission's own name."""

from enum import StrEnum


class AuditAction(StrEnum):
    conversation_opened = "conversation.opened"
    conversation_read = "conversation.read"
    conversations_listed = "conversations.listed"
    message_sent = "message.sent"
    messages_read = "messages.read"
    person_not_live = "person.not_live"
