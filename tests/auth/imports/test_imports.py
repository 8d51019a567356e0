"""Importing clients: looked at first, then all of them or nobody, once."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.audit import AuditEvent
from afterglow_auth.events.models import EventReceiver, SecurityEvent
from afterglow_auth.housekeeping import forget_expired
from afterglow_auth.imports import carrying_out
from afterglow_auth.imports.models import PeopleImport
from afterglow_auth.imports.service import CARRY_OUT
from afterglow_auth.invitations.models import Invitation
from afterglow_auth.settings import Settings
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.jobs import Job
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from tests.auth.arranging import Browser, Desk, Program, add_person, audited, letters, open_browser, problem, queued

LIFETIMES: Any = Settings.model_construct(invitation_lifetime=timedelta(days=7))


def table(*rows: str, header: str = "name,email") -> dict[str, str]:
    return {"csv": "\n".join([header, *rows])}


async def run_job(database: Any, import_id: str) -> None:
    async with database.as_role("auth_worker"):
        await carrying_out.carry_out_later(LIFETIMES, database, Job(1, CARRY_OUT, {"import": import_id}, 0))


async def import_of(desk: Desk, wanted: dict[str, str]) -> str:
    """Read a file and have it carried out."""
    identifier = str(new_id())
    assert (await desk.put(f"/imports/{identifier}", wanted)).status_code == 201
    assert (await desk.put(f"/imports/{identifier}/execution")).status_code == 202
    return identifier


async def clients(database: RolledBackDatabase) -> list[Person]:
    async with database.arrange() as session:
        return list(
            await session.scalars(select(Person).where(col(Person.role) == "client").order_by(col(Person.email)))
        )


async def test_a_file_is_looked_at_first_and_nobody_is_made(desk: Desk, database: RolledBackDatabase):
    path, wanted = f"/imports/{new_id()}", table("Noor Aziz,noor@example.org", "Ada Byron,ada@example.org")
    first, again = await desk.put(path, wanted), await desk.put(path, wanted)
    assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
    shown = first.json()
    assert (shown["state"], shown["total"], shown["faults"], shown["fault_count"]) == ("preview", 2, [], 0)
    assert [(row["row"], row["name"], row["email"]) for row in shown["rows"]] == [
        (2, "Noor Aziz", "noor@example.org"),
        (3, "Ada Byron", "ada@example.org"),
    ]
    assert await desk.get(path) == shown
    assert await clients(database) == []
    assert problem(await desk.put(path, table("Another,one@example.org"))) == (409, "conflict")
    assert [one.outcome for one in await audited(database, "import:made")] == ["success", "refused"]
    assert [one.outcome for one in await audited(database, "import:read")] == ["success"]


async def test_everybody_is_made_and_invited(
    app: FastAPI, desk: Desk, staff: dict[str, Person], database: RolledBackDatabase
):
    therapist = staff["therapist"]
    rows = [f"Noor Aziz,noor@example.org,{therapist.email.upper()}", "Ada Byron,ada@example.org,"]
    async with database.arrange() as session:
        await Program("portal", kind="service", scopes="security_events").register(session)
        session.add(EventReceiver(client_id="portal"))
    identifier = await import_of(desk, table(*rows, header="name,email,therapist_email"))
    assert (await desk.get(f"/imports/{identifier}/progress"))["state"] == "under_way"
    for _ in range(2):  # the job comes again
        await run_job(database, identifier)
    assert await desk.get(f"/imports/{identifier}/progress") == {
        "id": identifier,
        "state": "carried_out",
        "total": 2,
        "made": 2,
    }
    ada, noor = await clients(database)
    assert (ada.name, noor.name, ada.state) == ("Ada Byron", "Noor Aziz", "invited")
    shown = await desk.get(f"/people/{noor.id}")
    assert [one["therapist"]["id"] for one in shown["care"]] == [str(therapist.id)]
    assert shown["invitation"]["state"] == "open"
    mailed = Counter((one.letter, one.to) for one in await letters(app, database) if one.mail)
    assert mailed == Counter(
        {
            ("invitation", ada.id): 1,
            ("invitation", noor.id): 1,
            ("care_changed", noor.id): 1,
            ("care_changed", therapist.id): 1,
        }
    )
    async with database.arrange() as session:
        told = Counter(await session.scalars(select(col(SecurityEvent.type))))
        kept = await session.get_one(PeopleImport, UUID(identifier))
    assert (told["urn:afterglow:event:person"], told["urn:afterglow:event:care-relationship"]) == (2, 1)
    assert kept.rows == []  # they are people now
    for verb, number in (
        ("person:created", 2),
        ("invitation:made", 2),
        ("care:assigned", 1),
        ("import:carried_out", 1),
    ):
        events = [one for one in await audited(database, verb) if one.actor_id is None]
        assert len([one for one in events if one.subject_id not in {therapist.id, desk.person.id}]) == number
    (started,) = await audited(database, "import:started")
    assert (started.actor_id, str(started.object_id)) == (desk.person.id, identifier)


async def test_a_file_with_faults_is_not_carried_out(desk: Desk, person: Person, database: RolledBackDatabase):
    rows = ["N,nobody", f"Taken,{person.email.upper()}", "Noor,noor@example.org"]
    path = f"/imports/{new_id()}"
    shown = (await desk.put(path, table(*rows))).json()
    assert [(one["row"], one["column"], one["code"]) for one in shown["faults"]] == [
        (2, "email", "string_pattern_mismatch"),
        (3, "email", "address_taken"),
    ]
    assert (shown["fault_count"], shown["rows"]) == (2, [])
    assert problem(await desk.put(f"{path}/execution")) == (409, "import_has_faults")
    assert problem(await desk.put(f"/imports/{new_id()}/execution")) == (404, "not_found")
    assert problem(await desk.ask("GET", f"/imports/{new_id()}")) == (404, "not_found")
    assert [one.outcome for one in await audited(database, "import:started")] == ["refused"] * 2
    assert await queued(database, CARRY_OUT) == []


async def test_a_therapist_who_is_none_is_a_fault(desk: Desk, staff: dict[str, Person], person: Person):
    rows = [f"{who.name},{number}@example.org,{who.email}" for number, who in enumerate([person, staff["admin"]])] + [
        "Noor,noor@example.org,unknown@example.org"
    ]
    shown = (await desk.put(f"/imports/{new_id()}", table(*rows, header="name,email,therapist_email"))).json()
    assert [(one["row"], one["column"], one["code"]) for one in shown["faults"]] == [
        (number, "therapist_email", "no_such_therapist") for number in (2, 3, 4)
    ]


@pytest.mark.parametrize("misfit", ["address_taken", "no_such_therapist"])
async def test_what_does_not_fit_any_more_makes_nobody(
    desk: Desk, staff: dict[str, Person], database: RolledBackDatabase, misfit: str
):
    therapist = staff["therapist"]
    rows = ["Noor,noor@example.org,", f"Ada,ada@example.org,{therapist.email}"]
    identifier = await import_of(desk, table(*rows, header="name,email,therapist_email"))
    async with database.arrange() as session:
        if misfit == "address_taken":
            await add_person(session, "therapist", email="Ada@example.org")
        else:
            await disable(session, therapist.id)
    await run_job(database, identifier)
    shown = await desk.get(f"/imports/{identifier}")
    assert (shown["state"], shown["made"]) == ("failed", 0)
    assert [(one["row"], one["code"]) for one in shown["faults"]] == [(3, misfit)]
    assert await clients(database) == []
    (kept,) = await audited(database, "import:carried_out")
    assert (kept.outcome, kept.purpose) == ("refused", misfit)


async def test_a_job_that_dies_in_the_middle_made_nobody(
    desk: Desk, database: RolledBackDatabase, monkeypatch: pytest.MonkeyPatch
):
    identifier = await import_of(desk, table(*(f"N,{number}@example.org" for number in range(250))))

    async def die(_database: object, _import: object, made: int) -> None:
        if made == 200:
            raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(carrying_out, "tell_progress", die)
        with pytest.raises(ConnectionError):
            await run_job(database, identifier)
    assert await clients(database) == []
    assert (await desk.get(f"/imports/{identifier}/progress"))["state"] == "under_way"
    await run_job(database, identifier)
    assert len(await clients(database)) == 250


async def test_a_file_is_forgotten_after_two_days(desk: Desk, database: RolledBackDatabase):
    for number in range(2):
        await desk.put(f"/imports/{new_id()}", table(f"N,{number}@example.org"))
    async with database.arrange() as session:
        ids = list(await session.scalars(select(col(PeopleImport.id)).order_by(col(PeopleImport.id))))
        old = update(PeopleImport).where(col(PeopleImport.id) == ids[0])
        await session.execute(old.values(created_at=func.now() - timedelta(days=3)))
    await forget_expired(database)  # type: ignore[arg-type]  # it has the methods of one
    async with database.arrange() as session:
        assert list(await session.scalars(select(col(PeopleImport.id)))) == ids[1:]


INSERT = "INSERT INTO people_imports (id, asked_by, created_at, body_digest, total, rows, faults, made) SELECT "
INSERT += "gen_random_uuid(), "


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE people_imports SET rows = '[]'",
        "UPDATE people_imports SET carried_out_at = now()",
        "UPDATE people_imports SET made = 5",
        INSERT + "'{other}', now(), '', 0, '[]', '[]', 0",
    ],
)
async def test_the_database_itself_lets_the_app_only_read_and_start(
    desk: Desk, staff: dict[str, Person], database: RolledBackDatabase, statement: str
):
    await desk.put(f"/imports/{new_id()}", table("N,n@example.org"))
    with pytest.raises(DBAPIError, match=r"row-level security|permission denied"):
        async with database.unit_of_work(RowContext(desk.person.id, Role.admin)) as session:
            await session.execute(text(statement.format(other=staff["therapist"].id)))
    for context in (RowContext(), RowContext(new_id(), Role.therapist)):
        async with database.unit_of_work(context) as session:
            assert (await session.execute(text("SELECT id FROM people_imports"))).all() == []


async def test_executed_many_times_at_once_it_happens_once(
    committed_app: FastAPI, committed_superuser: Database, committed: Any
):
    worker = Database.connect(committed.urls["auth_worker"], pool_size=8)
    async with committed_superuser.sessions() as session, session.begin():
        admin = await add_person(session, "admin")
        web = await Program(f"web-{new_id().hex}").register(session)
    async with open_browser(committed_app) as client:
        desk = await Desk.of(Browser(client), admin, web)
        identifier, mark = str(new_id()), new_id().hex
        path = f"/imports/{identifier}"
        reads = await asyncio.gather(*(desk.put(path, table(f"N,{mark}@example.org")) for _ in range(20)))
        assert Counter(answer.status_code for answer in reads) == {201: 1, 200: 19}
        started = await asyncio.gather(*(desk.put(f"{path}/execution") for _ in range(20)))
        assert {answer.status_code for answer in started} == {202}
        job = Job(1, CARRY_OUT, {"import": identifier}, 0)
        await asyncio.gather(*(carrying_out.carry_out_later(LIFETIMES, worker, job) for _ in range(4)))
        assert (await desk.get(f"{path}/progress"))["state"] == "carried_out"
    async with committed_superuser.sessions() as session:
        made = (await session.scalars(select(Person).where(col(Person.email) == f"{mark}@example.org"))).all()
        assert len(made) == 1
        sent = select(Invitation).where(col(Invitation.person_id) == made[0].id)
        assert len((await session.scalars(sent)).all()) == 1
        ends = col(AuditEvent.action).in_(["import:started", "import:carried_out"])
        events = select(func.count()).where(col(AuditEvent.object_id) == UUID(identifier), ends)
        assert await session.scalar(events) == 2
    await worker.close()


async def test_of_two_files_with_the_same_address_one_makes_its_people(
    committed_app: FastAPI, committed_superuser: Database, committed: Any
):
    worker = Database.connect(committed.urls["auth_worker"], pool_size=8)
    async with committed_superuser.sessions() as session, session.begin():
        admin = await add_person(session, "admin")
        web = await Program(f"web-{new_id().hex}").register(session)
    async with open_browser(committed_app) as client:
        desk, mark = await Desk.of(Browser(client), admin, web), new_id().hex
        imports = [await import_of(desk, table(f"N,{mark}@example.org", f"M,{new_id().hex}@x.org")) for _ in range(2)]
        jobs = [Job(1, CARRY_OUT, {"import": one}, 0) for one in imports]
        await asyncio.gather(*(carrying_out.carry_out_later(LIFETIMES, worker, job) for job in jobs))
        states = [(await desk.get(f"/imports/{one}/progress"))["state"] for one in imports]
    assert sorted(states) == ["carried_out", "failed"]
    await worker.close()


async def test_two_thousand_clients_come_at_once(committed_app: FastAPI, committed_superuser: Database, committed: Any):
    """As many as one file may hold, in far less time than a job has."""
    worker = Database.connect(committed.urls["auth_worker"], pool_size=2)
    async with committed_superuser.sessions() as session, session.begin():
        admin, therapist = await add_person(session, "admin"), await add_person(session, "therapist")
        web = await Program(f"web-{new_id().hex}").register(session)
    async with open_browser(committed_app) as client:
        desk, mark = await Desk.of(Browser(client), admin, web), new_id().hex
        rows = [f"Client {number},{number}.{mark}@example.org,{therapist.email}" for number in range(2000)]
        identifier = await import_of(desk, table(*rows, header="name,email,therapist_email"))
        await carrying_out.carry_out_later(LIFETIMES, worker, Job(1, CARRY_OUT, {"import": identifier}, 0))
        assert (await desk.get(f"/imports/{identifier}/progress"))["made"] == 2000
    await worker.close()
