"""Open the conversation of a care team once a client has a second therapist, if the practice wants one."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.identifiers import new_id
from sqlalchemy import CursorResult, Select, distinct, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.base import AuditEvent
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import teams_are_on
from afterglow_messaging.people.models import CareRelationship

PURPOSE = "care_team"


async def open_teams(session: AsyncSession, clients: Sequence[UUID] | None = None) -> None:
    """For these clients, or for all. Runs as the worker role; whoever has one keeps it, and two at once make one."""
    for client_id in await session.scalars(with_two_therapists(clients)):
        conversation = new_id()
        values = {"id": conversation, "client_id": client_id, "created_at": func.now(), "last_sequence": 0}
        # Which conflict is not named: naming one would need the right to read conversations.
        made = await session.execute(insert_or(Conversation).values(values).on_conflict_do_nothing())
        if cast("CursorResult[Any]", made).rowcount:
            event = event_values(
                None,
                AuditAction.conversation_opened,
                object_id=conversation,
                subject_id=client_id,
                purpose=PURPOSE,
            )
            await session.execute(insert(AuditEvent).values(**event))


def with_two_therapists(clients: Sequence[UUID] | None) -> Select[UUID]:
    care = CareRelationship
    lasting = or_(col(care.ended_at).is_(None), col(care.ended_at) > func.now())
    asked = [col(care.client_id).in_(clients)] if clients is not None else []
    return (
        select(col(care.client_id))
        .where(lasting, teams_are_on(), *asked)
        .group_by(col(care.client_id))
        .having(func.count(distinct(col(care.therapist_id))) > 1)
        .order_by(col(care.client_id))
    )
