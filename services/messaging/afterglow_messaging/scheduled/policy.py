"""Whose: the sender's alone, in conversations they may still read. Row-level security knows the sender as well."""

from afterglow_foundation.callers import Caller
from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of
from afterglow_messaging.scheduled.models import ScheduledMessage


def scheduled_by(caller: Caller) -> Select[ScheduledMessage]:
    readable = conversations_of(caller).with_only_columns(col(Conversation.id))
    return select(ScheduledMessage).where(
        col(ScheduledMessage.sender_id) == caller.person, col(ScheduledMessage.conversation_id).in_(readable)
    )
