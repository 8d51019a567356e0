"""What a client may ask for of who opened what of theirs."""

from enum import StrEnum

from afterglow_messaging.audit_actions import AuditAction


class Kind(StrEnum):
    messages = "messages"
    record = "record"


KINDS = {
    Kind.messages: {
        AuditAction.attachment_read,
        AuditAction.conversation_exported,
        AuditAction.conversation_read,
        AuditAction.messages_read,
        AuditAction.messages_searched,
    },
    Kind.record: {AuditAction.audit_read},
}
