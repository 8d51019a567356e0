"""What messaging does with what auth tells."""

from collections.abc import Sequence

from afterglow_foundation.security_events.books import Books
from afterglow_foundation.security_events.copying import PeopleCopy
from afterglow_foundation.security_events.facts import CareRelationshipFact, GrantFact
from afterglow_foundation.security_events.receiver import Receiver
from afterglow_foundation.tokens import KeyCache
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_messaging.availability.models import PracticeCopy
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
    """Where care begins, the two have a conversation; where a cover changes, both see its lines."""

    async def care_arrived(self, session: AsyncSession, facts: Sequence[CareRelationshipFact]) -> None:
        for fact in facts:
            await open_for_care(session, fact)

    async def grants_arrived(self, session: AsyncSession, facts: Sequence[GrantFact]) -> None:
        for fact in facts:
            if fact.kind == "cover" and fact.covered_id:
                await wake(session, None, [fact.client_id, fact.covered_id])


COPY = MessagingCopy(PersonCopy, CareRelationship, Grant, RevokedSession, PracticeCopy, announces=True)
BOOKS = Books(received_events=ReceivedEvent, feeds=EventFeed, revoked_sessions=RevokedSession)


def make_receiver(settings: Settings, keys: KeyCache) -> Receiver:
    return Receiver(settings, client_id=settings.client_id, keys=keys, copy=COPY, books=BOOKS)
