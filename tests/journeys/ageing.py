"""Letting time pass for somebody who is signed in: what their session says of when they proved who they are."""

from datetime import timedelta
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
