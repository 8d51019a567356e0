"""What may be done here, and which role may do it. Which rows is each room's `policy.py`."""

from enum import StrEnum
from typing import Annotated

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.permissions import AccessControl, require


class Permission(StrEnum):
    access_log_read = "access_log:read"
    audit_read = "audit:read"
    conversations_read = "conversations:read"
    messages_follow = "messages:follow"
    messages_read = "messages:read"
    messages_send = "messages:send"
    read_marks_move = "read_marks:move"
    unread_count = "unread:count"
    wake_ups_follow = "wake_ups:follow"


# An admin reads who did what, never a message; a service learns that there is something to look at, nothing else.
FOR_SERVICES = frozenset({Permission.wake_ups_follow})
FOR_ADMINS = frozenset({Permission.audit_read})
FOR_CLIENTS = frozenset({Permission.access_log_read})
PARTIES = frozenset(Permission) - FOR_SERVICES - FOR_ADMINS - FOR_CLIENTS
access = AccessControl(
    {Role.admin: FOR_ADMINS, Role.client: PARTIES | FOR_CLIENTS, Role.service: FOR_SERVICES, Role.therapist: PARTIES}
)

CountUnread = Annotated[Caller, require(Permission.unread_count)]
FollowMessages = Annotated[Caller, require(Permission.messages_follow)]
FollowWakeUps = Annotated[Caller, require(Permission.wake_ups_follow)]
MarkRead = Annotated[Caller, require(Permission.read_marks_move)]
ReadAccessLog = Annotated[Caller, require(Permission.access_log_read)]
ReadAudit = Annotated[Caller, require(Permission.audit_read)]
ReadConversations = Annotated[Caller, require(Permission.conversations_read)]
ReadMessages = Annotated[Caller, require(Permission.messages_read)]
SendMessages = Annotated[Caller, require(Permission.messages_send)]
