"""What the audit of this service tells, each as `thing:what happened`. A refusal has the outcome `refused`."""

from enum import StrEnum


class AuditAction(StrEnum):
    conversation_opened = "conversation:opened"
    conversation_read = "conversation:read"
    conversations_listed = "conversations:listed"
    message_sent = "message:sent"
    messages_read = "messages:read"
