"""Whose conversations: a client's own for good, a therapist's while care lives and 14 days after."""

from datetime import timedelta
from typing import Any

from afterglow_foundation.callers import Caller, Role
from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlmodel import col

from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.people.models import CareRelationship

READABLE_AFTER_CARE = timedelta(days=14)


def conversations_of(caller: Caller) -> Select[Conversation]:
    """The conversations that this person may read; row-level security holds the same rule below."""
    if caller.role == Role.client:
        return select(Conversation).where(col(Conversation.client_id) == caller.person)
    return select(Conversation).where(
        col(Conversation.therapist_id) == caller.person,
        between(
            col(Conversation.client_id), col(Conversation.therapist_id), ended_after=func.now() - READABLE_AFTER_CARE
        ),
    )


def live_care(client_id: Any, therapist_id: Any) -> ColumnElement[bool]:  # noqa: ANN401  # a column or a value
    """True while this therapist treats this client: only then may either write."""
    return between(client_id, therapist_id, ended_after=func.now())


def between(client_id: Any, therapist_id: Any, *, ended_after: Any) -> ColumnElement[bool]:  # noqa: ANN401  # as above
    ended_at = col(CareRelationship.ended_at)
    return exists().where(
        col(CareRelationship.client_id) == client_id,
        col(CareRelationship.therapist_id) == therapist_id,
        col(CareRelationship.started_at) <= func.now(),
        or_(ended_at.is_(None), ended_at > ended_after),
    )
