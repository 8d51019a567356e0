"""What may be done here, and which role may do it. Which rows is each room's `policy.py`."""

from enum import StrEnum
from typing import Annotated

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.permissions import AccessControl, require
from afterglow_foundation.step_up import StepUp


class Permission(StrEnum):
    access_log_read = "access_log:read"
    answers_manage = "answers:manage"
    audit_read = "audit:read"
    conversations_export = "conversations:export"
    conversations_read = "conversations:read"
    messages_correct = "messages:correct"
    messages_follow = "messages:follow"
    messages_read = "messages:read"
    messages_send = "messages:send"
    messages_withdraw = "messages:withdraw"
    notices_choose = "notices:choose"
    read_marks_move = "read_marks:move"
    saved_answers_write = "saved_answers:write"
    seen_choose = "seen:choose"
    seen_read = "seen:read"
    unread_count = "unread:count"
    wake_ups_follow = "wake_ups:follow"


# An admin reads who did what, never a message; a service learns that there is something to look at, nothing else.
FOR_SERVICES = frozenset({Permission.wake_ups_follow})
FOR_ADMINS = frozenset({Permission.audit_read})
FOR_CLIENTS = frozenset({Permission.access_log_read})
FOR_THERAPISTS = frozenset({Permission.answers_manage, Permission.saved_answers_write})
PARTIES = frozenset(Permission) - FOR_SERVICES - FOR_ADMINS - FOR_CLIENTS - FOR_THERAPISTS
access = AccessControl(
    {
        Role.admin: FOR_ADMINS,
        Role.client: PARTIES | FOR_CLIENTS,
        Role.service: FOR_SERVICES,
        Role.therapist: PARTIES | FOR_THERAPISTS,
    },
    privileged={Permission.conversations_export},
    step_up={Permission.conversations_export: StepUp()},
)

ChooseNotices = Annotated[Caller, require(Permission.notices_choose)]
ChooseSeen = Annotated[Caller, require(Permission.seen_choose)]
CorrectMessages = Annotated[Caller, require(Permission.messages_correct)]
CountUnread = Annotated[Caller, require(Permission.unread_count)]
ExportConversations = Annotated[Caller, require(Permission.conversations_export)]
FollowMessages = Annotated[Caller, require(Permission.messages_follow)]
FollowWakeUps = Annotated[Caller, require(Permission.wake_ups_follow)]
ManageAnswers = Annotated[Caller, require(Permission.answers_manage)]
MarkRead = Annotated[Caller, require(Permission.read_marks_move)]
ReadAccessLog = Annotated[Caller, require(Permission.access_log_read)]
ReadAudit = Annotated[Caller, require(Permission.audit_read)]
ReadConversations = Annotated[Caller, require(Permission.conversations_read)]
ReadMessages = Annotated[Caller, require(Permission.messages_read)]
ReadSeen = Annotated[Caller, require(Permission.seen_read)]
SaveAnswers = Annotated[Caller, require(Permission.saved_answers_write)]
SendMessages = Annotated[Caller, require(Permission.messages_send)]
WithdrawMessages = Annotated[Caller, require(Permission.messages_withdraw)]
