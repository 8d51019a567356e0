"""Accounts, care and OAuth clients of the demonstration, written into auth's database while auth is not running."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from afterglow_auth.accounts.service import NewPerson, find_by_email, import_people
from afterglow_auth.care.service import assign
from afterglow_auth.oauth.clients import NewClient, register
from afterglow_foundation.database import Database, RowContext
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_operator.demonstration.people import CARE_DAYS, DemoPerson, clients, people, therapist_of


async def register_before_start(auth_worker_url: str, clients: Sequence[NewClient]) -> None:
    """Bring the OAuth `clients` up to date, and add people and care unless they were added before.

    `auth_worker_url` is `postgresql+asyncpg://auth_worker…`. One transaction: a start that was interrupted has
    left nothing half done. What people did to accounts and care since then stays as it is.
    """
    database = Database.connect(auth_worker_url, pool_size=1)
    try:
        async with database.unit_of_work(RowContext()) as session:
            for client in clients:
                await register(session, client)
            if await find_by_email(session, people()[0].email) is None:
                await add_people(session)
    finally:
        await database.close()


async def add_people(session: AsyncSession) -> None:
    await import_people(session, [new_person(person) for person in people()])
    started_at = datetime.now(UTC) - timedelta(days=CARE_DAYS)
    for client in clients():
        if therapist := therapist_of(client):
            await assign(session, client.id, therapist.id, started_at=started_at)


def new_person(person: DemoPerson) -> NewPerson:
    return NewPerson(
        id=person.id,
        email=person.email,
        name=person.name,
        role=person.role,
        password=SecretStr(person.password),
        time_zone=person.time_zone,
        locale=person.locale,
    )
