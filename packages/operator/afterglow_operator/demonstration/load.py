"""Load the demonstration: accounts before the services start, everything else once auth answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import afterglow_messaging.keys
import afterglow_messaging.people.snapshot
import afterglow_messaging.settings
import afterglow_portal.people.snapshot
import afterglow_portal.sealing
import afterglow_portal.settings
from afterglow_foundation.client import ServiceClient
from afterglow_foundation.database import Database
from pydantic import SecretStr

from afterglow_operator.demonstration.accounts import register_before_start
from afterglow_operator.demonstration.histories import load_check_ins, load_conversations
from afterglow_operator.demonstration.people import accounts

__all__ = ["accounts", "load_after_start", "register_before_start"]

AT_ONCE = 8  # as many as there are clients: none waits for a connection


async def load_after_start(
    portal: afterglow_portal.settings.Settings,
    portal_worker_url: str,
    messaging: afterglow_messaging.settings.Settings,
    messaging_worker_url: str,
    *,
    auth: ServiceClient | None = None,
    now: datetime | None = None,
) -> None:
    """Bring people, care, choices, check-ins and conversations into portal and messaging; again, it adds nothing.

    auth must run. Worker URLs are `postgresql+asyncpg://…`. Raises Unavailable or UpstreamProblem when auth does
    not give its snapshot. `auth` replaces the client of the configured address, `now` the clock.
    """
    moment = now or datetime.now(UTC)
    await asyncio.gather(
        load_portal(portal, portal_worker_url, auth, moment),
        load_messaging(messaging, messaging_worker_url, auth, moment),
    )


async def load_portal(
    settings: afterglow_portal.settings.Settings, worker_url: str, auth: ServiceClient | None, now: datetime
) -> None:
    await afterglow_portal.people.snapshot.refresh(settings, worker_url, auth=auth)
    async with connected(settings.database_url) as database:
        await load_check_ins(database, afterglow_portal.sealing.key_store(settings), now)


async def load_messaging(
    settings: afterglow_messaging.settings.Settings, worker_url: str, auth: ServiceClient | None, now: datetime
) -> None:
    await afterglow_messaging.people.snapshot.refresh(settings, worker_url, auth=auth)
    async with connected(settings.database_url) as database:
        await load_conversations(database, afterglow_messaging.keys.make_store(settings), now)


@asynccontextmanager
async def connected(url: SecretStr) -> AsyncIterator[Database]:
    database = Database.connect(url.get_secret_value(), pool_size=AT_ONCE)
    try:
        yield database
    finally:
        await database.close()
