"""Load the demonstration: accounts before the services start, everything else once auth answers.

Portal and messaging must be ready: their receivers have then taken people and care over. Again, it adds nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import afterglow_messaging.keys
import afterglow_messaging.settings
import afterglow_portal.sealing
import afterglow_portal.settings
from afterglow_foundation.database import Database
from pydantic import SecretStr

from afterglow_operator.demonstration.accounts import register_before_start, want_care_teams
from afterglow_operator.demonstration.histories import load_check_ins, load_conversations
from afterglow_operator.demonstration.people import accounts

__all__ = ["accounts", "load_messaging", "load_portal", "register_before_start", "want_care_teams"]

AT_ONCE = 12  # as many as there are clients: none waits for a connection


async def load_portal(settings: afterglow_portal.settings.Settings, now: datetime) -> None:
    async with connected(settings.database_url) as database:
        await load_check_ins(database, afterglow_portal.sealing.key_store(settings), now)


async def load_messaging(settings: afterglow_messaging.settings.Settings, now: datetime) -> None:
    async with connected(settings.database_url) as database:
        await load_conversations(database, afterglow_messaging.keys.make_store(settings), now)


@asynccontextmanager
async def connected(url: SecretStr) -> AsyncIterator[Database]:
    database = Database.connect(url.get_secret_value(), pool_size=AT_ONCE)
    try:
        yield database
    finally:
        await database.close()
