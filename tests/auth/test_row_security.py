"""Row security of what admins do: in whose transaction people, care and links may come and change."""

from datetime import timedelta

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.invitations.models import Invitation
from afterglow_auth.links.doors import expiry
from afterglow_auth.resets.models import Reset
from afterglow_foundation.callers import Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tests.auth.arranging import Desk

ADMIN, NOBODY = RowContext(new_id(), Role.admin), RowContext()
OTHERS = [RowContext(), RowContext(new_id(), Role.client), RowContext(new_id(), Role.therapist)]
NEW_PERSON = """
    INSERT INTO people (id, email, name, role, locale, time_zone, exports_held, created_at)
    VALUES (gen_random_uuid(), 'new@example.org', 'N', 'client', 'en', 'UTC', false, now())
"""
NEW_CARE = """
    INSERT INTO care_relationships (id, client_id, therapist_id, kind, started_at)
    VALUES (gen_random_uuid(), :person, :therapist, 'treating', now())
"""
ONLY_ADMINS = [
    NEW_PERSON,
    NEW_CARE,
    "UPDATE people SET disabled_at = now() WHERE id = :person",
    "UPDATE people SET name = 'N' WHERE id = :person",
    "UPDATE invitations SET expires_at = now() + interval '1 year'",
    "UPDATE invitations SET withdrawn_at = now()",
    "UPDATE resets SET expires_at = now() + interval '1 year'",
    "INSERT INTO invitations (id, person_id, created_at, expires_at) VALUES (gen_random_uuid(), :person, now(), now())",
    "INSERT INTO resets (id, person_id, created_at, expires_at) VALUES (gen_random_uuid(), :person, now(), now())",
]


@pytest_asyncio.fixture(loop_scope="session")
async def open_links(database: RolledBackDatabase, person: Person) -> None:
    async with database.arrange() as session:
        for table in (Invitation, Reset):
            session.add(table(person_id=person.id, expires_at=expiry(timedelta(days=1))))


@pytest.mark.parametrize("statement", ONLY_ADMINS)
@pytest.mark.usefixtures("open_links")
async def test_only_an_admins_transaction_changes_people_care_and_links(
    database: RolledBackDatabase, person: Person, staff: dict[str, Person], statement: str
):
    values = {"person": person.id, "therapist": staff["therapist"].id}
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    for context in OTHERS:
        with pytest.raises(ProgrammingError, match=r"row-level security|permission denied"):
            async with database.unit_of_work(context) as session:
                await session.execute(text(statement), used)
    async with database.unit_of_work(ADMIN) as session:
        await session.execute(text(statement), used)


@pytest.mark.parametrize("table", ["invitations", "resets"])
@pytest.mark.usefixtures("open_links")
async def test_nobody_signed_in_may_only_use_an_open_link_up(database: RolledBackDatabase, table: str):
    use_up = text(f"UPDATE {table} SET used_at = now() RETURNING id")  # noqa: S608  # a table listed above
    undo = text(f"UPDATE {table} SET used_at = NULL RETURNING id")  # noqa: S608  # a table listed above
    async with database.arrange() as session:
        await session.execute(text(f"UPDATE {table} SET expires_at = now() - interval '1 s'"))  # noqa: S608  # the same
    async with database.unit_of_work(NOBODY) as session:
        assert (await session.execute(use_up)).all() == []  # it has expired
    async with database.arrange() as session:
        await session.execute(text(f"UPDATE {table} SET expires_at = now() + interval '1 h'"))  # noqa: S608  # the same
    async with database.unit_of_work(NOBODY) as session:
        assert len((await session.execute(use_up)).all()) == 1
    for context in (NOBODY, ADMIN):
        async with database.unit_of_work(context) as session:
            assert (await session.execute(undo)).all() == []  # what is used stays used


async def test_an_admin_assigns_nobody_to_themselves_in_the_database_either(
    database: RolledBackDatabase, person: Person, staff: dict[str, Person]
):
    for own in ("person", "therapist"):
        pair = {"person": person.id, "therapist": staff["therapist"].id} | {own: staff["admin"].id}
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with database.unit_of_work(RowContext(staff["admin"].id, Role.admin)) as session:
                await session.execute(text(NEW_CARE), pair)


async def test_proposals_are_shown_to_admins_only(desk: Desk, database: RolledBackDatabase):
    await desk.invite("therapist")
    for context in OTHERS:
        async with database.unit_of_work(context) as session:
            assert (await session.execute(text("SELECT id FROM proposals"))).all() == []
    async with database.unit_of_work(ADMIN) as session:
        assert len((await session.execute(text("SELECT id FROM proposals"))).all()) == 1
