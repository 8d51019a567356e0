"""Whose conversations: a client's own for good, a therapist's while care lives and 14 days after.

In that of a care team a therapist reads what was written while they treated the client: which messages these are, the
row policy of `messages` says.
"""

from datetime import timedelta
from typing import Any

from afterglow_foundation.callers import Caller, Role
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, text, true
from sqlmodel import col

from afterglow_messaging.availability.models import PracticeCopy
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.messages.models import Message
from afterglow_messaging.people.models import CareRelationship

READABLE_AFTER_CARE = timedelta(days=14)
WANTED = text("""practice.document @> '{"care_team_conversations": true}'""")  # as `messages/storing.py` has it


def conversations_of(caller: Caller) -> Select[Conversation]:
    """The conversations that this person may read; row-level security holds the same rule below.

    One of a care team in which nobody has written is none while the practice wants none.
    """
    client, therapist = col(Conversation.client_id), col(Conversation.therapist_id)
    begun = col(Conversation.last_sequence) > 0
    if caller.role == Role.client:
        own: list[ColumnElement[bool]] = [client == caller.person]
    else:
        begun = exists().where(col(Message.conversation_id) == col(Conversation.id))  # one that is for them
        lately = func.now() - READABLE_AFTER_CARE
        own = [
            or_(therapist == caller.person, therapist.is_(None)),
            exists().where(*treated(caller), *lasting(lately)),
        ]
    return select(Conversation).where(*own, or_(therapist.is_not(None), begun, teams_are_on()))


def is_open(caller: Caller) -> ColumnElement[bool]:
    """Of a conversation of the caller's: whether they may write there."""
    return and_(is_treated(caller), or_(col(Conversation.therapist_id).is_not(None), teams_are_on()))


def is_treated(caller: Caller) -> ColumnElement[bool]:
    """Of a conversation of the caller's: whether the care that it belongs to lives."""
    return exists().where(*treated(caller), *lasting(func.now()))


def treated(caller: Caller) -> list[ColumnElement[bool]]:
    """The care that a conversation of the caller's rests on: for a client in a care team's, anybody's."""
    therapist = col(Conversation.therapist_id)
    anybody = true() if caller.role == Role.client else col(CareRelationship.therapist_id) == caller.person
    return [
        col(CareRelationship.client_id) == col(Conversation.client_id),
        or_(col(CareRelationship.therapist_id) == therapist, and_(therapist.is_(None), anybody)),
    ]


def lasting(ended_after: Any) -> list[ColumnElement[bool]]:  # noqa: ANN401  # any expression of a time
    ended_at = col(CareRelationship.ended_at)
    return [col(CareRelationship.started_at) <= func.now(), or_(ended_at.is_(None), ended_at > ended_after)]


def teams_are_on() -> ColumnElement[bool]:
    """Whether an admin has switched conversations of care teams on; until then there are none."""
    return select(col(PracticeCopy.id)).where(WANTED).exists()
