"""Wake-ups cross processes by PostgreSQL's NOTIFY. They carry ids only; who is woken reads under their own rules."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import Select, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.conversations.models import Conversation

CHANNEL = "live"


class Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WakeUp(Payload):
    """These people have something to look at in that conversation, or, without one, in any of theirs.

    `messages/storing.py` writes the same in SQL.
    """

    conversation: UUID | None
    people: list[UUID]


class RevokedPerson(Payload):
    """Everything of this person's ends."""

    revoked_person: UUID

    def names(self, person: UUID, _rests_on: Sequence[UUID]) -> bool:
        return person == self.revoked_person


class RevokedSession(Payload):
    """Everything of this session's, or of this authorization's, ends."""

    revoked_session: UUID

    def names(self, _person: UUID, rests_on: Sequence[UUID]) -> bool:
        return self.revoked_session in rests_on


Revoked = RevokedPerson | RevokedSession
Announced: TypeAdapter[WakeUp | RevokedPerson | RevokedSession] = TypeAdapter(WakeUp | RevokedPerson | RevokedSession)


async def wake(session: AsyncSession, conversation_id: UUID | None, people: Sequence[UUID]) -> None:
    """Wake people on every process, once the transaction is committed."""
    payload = WakeUp(conversation=conversation_id, people=list(people)).model_dump_json()
    await session.execute(select(func.pg_notify(CHANNEL, payload)))


async def wake_all(session: AsyncSession, conversations: Select[Any]) -> None:
    """Wake both of the two in each of these conversations; those of care teams are left alone."""
    people = func.json_build_array(col(Conversation.client_id), col(Conversation.therapist_id))
    payload = cast(func.json_build_object("conversation", col(Conversation.id), "people", people), Text)
    of_two = conversations.where(col(Conversation.therapist_id).is_not(None))
    await session.execute(of_two.with_only_columns(func.pg_notify(CHANNEL, payload)))
