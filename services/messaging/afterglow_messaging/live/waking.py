"""Wake-ups cross processes by PostgreSQL's NOTIFY. They carry ids only; who is woken reads under their own rules."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

CHANNEL = "live"


class Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WakeUp(Payload):
    """These people have something to look at in that conversation. `messages/storing.py` writes the same in SQL."""

    conversation: UUID
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


async def wake(session: AsyncSession, conversation_id: UUID, people: Sequence[UUID]) -> None:
    """Wake people on every process, once the transaction is committed."""
    payload = WakeUp(conversation=conversation_id, people=list(people)).model_dump_json()
    await session.execute(select(func.pg_notify(CHANNEL, payload)))
