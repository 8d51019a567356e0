"""Letting time pass: since somebody proved who they are, since somebody's care of a client ended."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from afterglow_foundation.database import Database
from afterglow_operator.sites.demonstration import Demonstration as Site
from sqlalchemy import text

AGED = text(
    "UPDATE sessions SET auth_time = auth_time - CAST(:age AS interval) WHERE person_id = :person AND ended_at IS NULL"
)


async def let_proof_grow_old(var: Path, person: str, age: timedelta = timedelta(hours=1)) -> None:
    """At auth. web's own session learns of it with its next sign-in, which is silent."""
    database = Database.connect(Site.find(var).database_url("auth", "app"), pool_size=1)
    async with database.sessions() as work, work.begin():
        await work.execute(AGED, {"age": age, "person": UUID(person)})
    await database.close()


ENDED = text("UPDATE care_relationships SET ended_at = :at WHERE client_id = :client AND therapist_id = :therapist")
READS_NO_MORE = timedelta(days=20)


@asynccontextmanager
async def care_ended(var: Path, client: str, therapist: str) -> AsyncIterator[None]:
    """At portal alone, and so long ago that the therapist reads nothing any more; it goes on afterwards."""
    database = Database.connect(Site.find(var).database_url("portal", "worker"), pool_size=1)

    async def end(at: datetime | None) -> None:
        async with database.sessions() as work, work.begin():
            asked = {"at": at, "client": UUID(client), "therapist": UUID(therapist)}
            await work.execute(ENDED, asked)

    await end(datetime.now(UTC) - READS_NO_MORE)
    try:
        yield
    finally:
        await end(None)
        await database.close()
