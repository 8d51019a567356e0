"""Portal's receiver in a test: as the worker role, in front of a transmitter of the test's."""

from afterglow_foundation.database import Database
from afterglow_foundation.security_events.receiver import Receiver
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.testing.people import TestIssuer
from afterglow_portal.people.receiving import BOOKS, COPY
from afterglow_portal.settings import Settings

from tests.transmitter import Transmitter


def make(settings: Settings, auth: Transmitter, committed: MigratedDatabase, issuer: TestIssuer) -> Receiver:
    worker = Database.connect(committed.urls["portal_worker"], pool_size=1)
    return Receiver(
        settings, client_id=auth.receiver, keys=issuer.keys(), copy=COPY, books=BOOKS, auth=auth.client, database=worker
    )
