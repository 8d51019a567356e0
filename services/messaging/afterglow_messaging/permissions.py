"""What may be done here, and which role may do it. Which rows is each room's `policy.py`."""

from enum import StrEnum
from typing import Annotated

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.permissions import AccessControl, require


class Permission(StrEnum):
    conversations_open = "conversations:open"
    conversations_read = "conversations:read"
    messages_read = "messages:read"
    messages_send = "messages:send"


PARTIES = frozenset(Permission)
access = AccessControl({Role.client: PARTIES, Role.therapist: PARTIES})  # an admin never reads or writes one

OpenConversations = Annotated[Caller, require(Permission.conversations_open)]
ReadConversations = Annotated[Caller, require(Permission.conversations_read)]
ReadMessages = Annotated[Caller, require(Permission.messages_read)]
SendMessages = Annotated[Caller, require(Permission.messages_send)]
