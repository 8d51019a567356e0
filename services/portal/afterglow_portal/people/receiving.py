"""What portal does with what auth tells."""

from afterglow_foundation.security_events.books import Books
from afterglow_foundation.security_events.copying import PeopleCopy
from afterglow_foundation.security_events.receiver import Receiver
from afterglow_foundation.tokens import KeyCache

from afterglow_portal.people.models import (
    CareRelationship,
    EventFeed,
    Grant,
    PersonCopy,
    ReceivedEvent,
    RevokedSession,
)
from afterglow_portal.settings import Settings

COPY = PeopleCopy(PersonCopy, CareRelationship, Grant, RevokedSession)
BOOKS = Books(received_events=ReceivedEvent, feeds=EventFeed, revoked_sessions=RevokedSession)


def make_receiver(settings: Settings, keys: KeyCache) -> Receiver:
    return Receiver(settings, client_id=settings.client_id, keys=keys, copy=COPY, books=BOOKS)
