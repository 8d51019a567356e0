"""A client for whom energy is watched, and days of raised energy as they share them."""

from typing import Any

import httpx
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.settings import Settings

from tests.portal.caseload.clients import noted
from tests.portal.course.treating import begin

WATCHED: dict[str, Any] = {"items": ["sleep_hours"], "watch_energy": True}


async def watch(http: httpx.AsyncClient, client: Person, **changes: Any) -> str:
    return await begin(http, client, **WATCHED | changes)


async def up(
    database: RolledBackDatabase, settings: Settings, client: Person, *days_ago: float, **changes: Any
) -> None:
    """High energy after a short night on those days; mood says nothing."""
    said = {"energy": 4, "items": {"sleep_hours": 4.5}} | changes
    await noted(database, settings, client, dict.fromkeys(days_ago, 1), **said)
