"""What a client may ask for of who opened what of theirs."""

from enum import StrEnum

from afterglow_messaging.audit_actions import AuditAction


class Kind(StrEnum):
    messages = "messages"
    record = "record"


KINDS = {
    Kind.messages: {AuditAction.conversation_read, AuditAction.messages_read},
    Kind.record: {AuditAction.audit_read},
}
