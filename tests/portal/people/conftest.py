"""A transmitter and portal's receiver in front of it."""

from collections.abc import AsyncIterator

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.receiver import Receiver
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.testing.people import TestIssuer
from afterglow_portal.settings import Settings

from tests.portal.people.receiving import make
from tests.transmitter import Transmitter


@pytest.fixture
def auth(settings: Settings, issuer: TestIssuer) -> Transmitter:
    return Transmitter.of(issuer, settings, f"portal-{new_id().hex}")  # each test begins as a new receiver


@pytest.fixture
async def receiver(
    settings: Settings, auth: Transmitter, committed: MigratedDatabase, issuer: TestIssuer
) -> AsyncIterator[Receiver]:
    made = make(settings, auth, committed, issuer)
    yield made
    await made.close()
