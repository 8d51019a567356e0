"""Accounts, care and OAuth clients of the demonstration, written into auth's database while auth is not running."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from afterglow_auth.accounts.service import NewPerson, find_by_email, import_people
from afterglow_auth.audit import INSERT, Verb
from afterglow_auth.break_glass.service import LASTS
from afterglow_auth.care.service import assign
from afterglow_auth.covers.models import Cover, Grant
from afterglow_auth.covers.service import give
from afterglow_auth.oauth.clients import NewClient, register
from afterglow_auth.practice import service as practice
from afterglow_auth.practice.schemas import PracticeIn
from afterglow_design.practice import Practice
from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database, RowContext
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.people import (
    CARE_DAYS,
    HANDED_OVER_DAYS,
    JOINED_DAYS,
    DemoPerson,
    clients,
    earlier_therapist_of,
    people,
    second_therapist_of,
    therapist_of,
)

COVERED = ((-6, 2), (10, 7))  # from that many days from now on, for so many days
EMERGENCY = ("Nadia Brunner", "Mateo Villanueva")


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


async def want_care_teams(auth_url: str, first: Practice) -> None:
    """The admin has switched conversations of care teams on, unless an admin has saved anything since.

    `auth_url` is that of auth's app role, `first` what the installation says of the practice.
    """
    caller = Caller(id=people()[0].id, role=Role.admin)
    database = Database.connect(auth_url, pool_size=1)
    try:
        async with database.unit_of_work(RowContext.of(caller)) as session:
            if not (await practice.read(session, first)).version:
                await practice.change(session, first, PracticeIn(version=0, care_team_conversations=True), caller)
    finally:
        await database.close()


async def add_people(session: AsyncSession) -> None:
    await import_people(session, [new_person(person) for person in people()])
    now = datetime.now(UTC)
    for client in clients():
        began = now - timedelta(days=CARE_DAYS)
        if earlier := earlier_therapist_of(client):
            care = await assign(session, client.id, earlier.id, started_at=began)
            care.ended_at = began = now - timedelta(days=HANDED_OVER_DAYS)
        if therapist := therapist_of(client):
            await assign(session, client.id, therapist.id, started_at=began)
        if second := second_therapist_of(client):
            await assign(session, client.id, second.id, started_at=now - timedelta(days=JOINED_DAYS))
    await open_in_emergency(session)
    await plan_cover(session, now)


async def open_in_emergency(session: AsyncSession) -> None:
    """Yesterday one therapist opened the record of another's client, and nobody has reviewed it yet."""
    client, opener = (next(one for one in people() if one.name == name) for name in EMERGENCY)
    began = datetime.now(UTC) - timedelta(hours=20)
    grant = Grant(
        id=identifier(began, chance("emergency", client.name)),
        kind="break_glass",
        client_id=client.id,
        therapist_id=opener.id,
        reason_code="unreachable",
        starts_at=began,
        ends_at=began + LASTS,
    )
    session.add(grant)
    await session.flush()
    caller, verb = Caller(id=opener.id, role=Role.therapist), Verb.break_glass_opened
    values = event_values(caller, verb, object_id=grant.id, subject_id=client.id, purpose="import")
    await session.execute(INSERT, values | {"at": began})


async def plan_cover(session: AsyncSession, now: datetime) -> None:
    """One therapist was away for two days, and will be for a week; the other stands in for everybody."""
    admin, covered, covering = people()[:3]
    theirs = [
        client.id
        for client in clients()
        if client.therapist == covered.name and client.second_therapist != covering.name
    ]
    for days, lasts in COVERED:
        starts = now.replace(hour=13, minute=0, second=0, microsecond=0) + timedelta(days=days)
        cover = Cover(
            id=identifier(starts if days < 0 else now, chance("cover", covered.name)),
            therapist_id=covered.id,
            covering_id=covering.id,
            starts_at=starts,
            ends_at=starts + timedelta(days=lasts),
            asked_by=admin.id,
        )
        session.add(cover)
        await session.flush()
        await give(session, cover, theirs)


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
