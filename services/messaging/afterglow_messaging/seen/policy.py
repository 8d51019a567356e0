"""Whose mark somebody may see beside their own. The row policy of `read_marks` says the same underneath."""

from typing import Any

from afterglow_foundation.callers import Caller
from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of, is_open
from afterglow_messaging.read_marks.models import ReadMark
from afterglow_messaging.seen.models import SeenChoice


def told_in_conversations(caller: Caller) -> Select[Any]:
    """The caller's open conversations in which both tell, each beside the other one's choice.

    None of a care team is among them: there is no other one there.
    """
    mine, theirs = aliased(SeenChoice), SeenChoice
    client, therapist = col(Conversation.client_id), col(Conversation.therapist_id)
    other = or_(
        and_(client == caller.person, col(theirs.person_id) == therapist),
        and_(therapist == caller.person, col(theirs.person_id) == client),
    )
    return (
        conversations_of(caller)
        .select_from(Conversation)
        .join(mine, and_(col(mine.person_id) == caller.person, col(mine.tells)))
        .join(theirs, and_(other, col(theirs.tells)))
        .where(is_open(caller))
    )


def seen_marks(caller: Caller) -> Select[Any]:
    """The same beside the others' marks, as far as these were moved while their owners told."""
    of_other = and_(
        col(ReadMark.conversation_id) == col(Conversation.id),
        col(ReadMark.person_id) == col(SeenChoice.person_id),
        col(ReadMark.marked_at) >= col(SeenChoice.chosen_at),
    )
    return told_in_conversations(caller).join(ReadMark, of_other)


def choice_of(caller: Caller) -> Select[SeenChoice]:
    return select(SeenChoice).where(col(SeenChoice.person_id) == caller.person)
