"""What messaging does with what auth tells."""

from collections.abc import Sequence

from afterglow_foundation.security_events.books import Books
from afterglow_foundation.security_events.copying import PeopleCopy
from afterglow_foundation.security_events.facts import CareRelationshipFact
from afterglow_foundation.security_events.receiver import Receiver
from afterglow_foundation.tokens import KeyCache
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_messaging.conversations.service import open_for_care
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
    """Where care begins, the two have a conversation."""

    async def care_arrived(self, session: AsyncSession, facts: Sequence[CareRelationshipFact]) -> None:
        for fact in facts:
            await open_for_care(session, fact)


COPY = MessagingCopy(PersonCopy, CareRelationship, Grant, RevokedSession, announces=True)
BOOKS = Books(received_events=ReceivedEvent, feeds=EventFeed, revoked_sessions=RevokedSession)


def make_receiver(settings: Settings, keys: KeyCache) -> Receiver:
    return Receiver(settings, client_id=settings.client_id, keys=keys, copy=COPY, books=BOOKS)
