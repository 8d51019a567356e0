"""What messaging's audit trail can say was done; a refused permission is kept under the permission's own name."""

from enum import StrEnum


class AuditAction(StrEnum):
    audit_read = "audit.read"
    conversation_marked = "conversation.marked"
    conversation_opened = "conversation.opened"
    conversation_read = "conversation.read"
    conversations_listed = "conversations.listed"
    message_sent = "message.sent"
    messages_read = "messages.read"
