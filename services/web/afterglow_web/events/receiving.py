"""web as a receiver: a service client of its own, apart from the client that people sign in to."""

from afterglow_foundation.security_events.books import Books
from afterglow_foundation.security_events.receiver import Receiver
from afterglow_foundation.tokens import KeyCache

from afterglow_web.events.copying import SessionsCopy
from afterglow_web.events.models import EventFeed, ReceivedEvent, RevokedSession
from afterglow_web.settings import Settings

COPY = SessionsCopy()
BOOKS = Books(received_events=ReceivedEvent, feeds=EventFeed, revoked_sessions=RevokedSession)


def make_receiver(settings: Settings, keys: KeyCache) -> Receiver:
    return Receiver(settings, client_id=settings.events_client_id, keys=keys, copy=COPY, books=BOOKS)
