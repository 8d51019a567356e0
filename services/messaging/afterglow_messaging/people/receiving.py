"""What messaging does with what auth tells."""

from collections.abc import Sequence
from uuid import UUID

from afterglow_foundation.security_events.books import Books
from afterglow_foundation.security_events.copying import PeopleCopy
from afterglow_foundation.security_events.facts import CareRelationshipFact, GrantFact, PracticeFact
from afterglow_foundation.security_events.polling import Snapshot
from afterglow_foundation.security_events.receiver import Receiver
from afterglow_foundation.security_events.tokens import Event
from afterglow_foundation.tokens import KeyCache
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.availability.models import PracticeCopy
from afterglow_messaging.care_teams.opening import open_teams
from afterglow_messaging.conversations.policy import lasting
from afterglow_messaging.conversations.service import open_for_care
from afterglow_messaging.live.waking import wake
from afterglow_messaging.people.models import (
    CareRelationship,
    EventFeed,
    Grant,
    PersonCopy,
    ReceivedEvent,
    RevokedSession,
)
from afterglow_messaging.settings import Settings


class MessagingCopy(PeopleCopy):
    """Where care begins, the two have a conversation, and with a second therapist the care team may have one.

    Where a cover or a care team changes, whoever has it open sees its lines.
    """

    async def apply(self, session: AsyncSession, event: Event) -> None:
        await super().apply(session, event)
        if isinstance(event.payload, PracticeFact):
            await open_teams(session)
        elif isinstance(event.payload, CareRelationshipFact):
            fact = event.payload
            await wake(session, None, await concerned(session, fact.client_id, fact.therapist_id))

    async def take_over(self, session: AsyncSession, snapshot: Snapshot) -> None:
        await super().take_over(session, snapshot)
        await open_teams(session)

    async def care_arrived(self, session: AsyncSession, facts: Sequence[CareRelationshipFact]) -> None:
        for fact in facts:
            await open_for_care(session, fact)
        await open_teams(session, [fact.client_id for fact in facts])

    async def grants_arrived(self, session: AsyncSession, facts: Sequence[GrantFact]) -> None:
        for fact in facts:
            if fact.kind == "cover" and fact.covered_id:
                await wake(session, None, await concerned(session, fact.client_id, fact.covered_id))


async def concerned(session: AsyncSession, client_id: UUID, therapist_id: UUID) -> list[UUID]:
    """The two, and who else treats the client: in a care team they see the same lines. Woken in vain, they see none."""
    care = CareRelationship
    others = select(col(care.therapist_id)).where(
        col(care.client_id) == client_id, col(care.therapist_id) != therapist_id, *lasting(func.now())
    )
    return [client_id, therapist_id, *dict.fromkeys(await session.scalars(others))]


COPY = MessagingCopy(PersonCopy, CareRelationship, Grant, RevokedSession, PracticeCopy, announces=True)
BOOKS = Books(received_events=ReceivedEvent, feeds=EventFeed, revoked_sessions=RevokedSession)


def make_receiver(settings: Settings, keys: KeyCache) -> Receiver:
    return Receiver(settings, client_id=settings.client_id, keys=keys, copy=COPY, books=BOOKS)
