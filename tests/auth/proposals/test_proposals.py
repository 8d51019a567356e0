"""The second person: staff are made and reset only when another admin approves, or after a day that all can see."""

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.main import create, handlers
from afterglow_auth.proposals.deciding import carry_out_due
from afterglow_auth.proposals.making import CARRY_OUT
from afterglow_auth.proposals.models import Proposal
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

from tests.auth.arranging import (
    ROUNDS,
    Browser,
    Desk,
    Program,
    add_person,
    audited,
    guest,
    letters,
    open_browser,
    problem,
    queued,
)


async def person_of(database: RolledBackDatabase, email: str) -> Person | None:
    async with database.arrange() as session:
        return await session.scalar(select(Person).where(col(Person.email) == email))


@pytest.mark.parametrize("role", ["therapist", "admin"])
async def test_staff_are_invited_when_another_admin_approves(
    desk: Desk, other_desk: Desk, database: RolledBackDatabase, role: str
):
    path, wanted = f"/invitations/{new_id()}", guest(role)
    asked = await desk.put(path, wanted)
    proposal = asked.json()
    assert (asked.status_code, proposal["act"], proposal["state"], proposal["due_at"]) == (202, "invite", "open", None)
    assert proposal["about"] == {"id": None, **{name: wanted[name] for name in ("name", "email", "role")}}
    assert (proposal["own"], proposal["proposed_by"]["name"]) == (True, desk.person.name)
    assert await person_of(database, wanted["email"]) is None
    assert (await desk.put(path, wanted)).json() == proposal  # a repeat
    (waiting,) = (await other_desk.get("/proposals", state="open"))["items"]
    assert (waiting["id"], waiting["own"]) == (proposal["id"], False)

    for _ in range(2):
        approved = await other_desk.put(f"/proposals/{proposal['id']}/approval")
        assert (approved.status_code, approved.json()["state"]) == (200, "carried_out")
    assert approved.json()["approved_by"]["id"] == str(other_desk.person.id)
    made = await person_of(database, wanted["email"])
    assert made
    assert (made.role, made.state) == (role, "invited")
    replayed = await desk.put(path, wanted)
    assert (replayed.status_code, replayed.json()["person_id"]) == (200, str(made.id))
    for verb, actor in (
        ("proposal:made", desk.person.id),
        ("proposal:approved", other_desk.person.id),
        ("proposal:carried_out", other_desk.person.id),
        ("invitation:made", other_desk.person.id),
    ):
        (kept,) = await audited(database, verb)
        assert (kept.actor_id, str(kept.object_id), kept.outcome) == (actor, proposal["id"], "success")


async def test_staff_are_reset_when_another_admin_approves(
    desk: Desk, other_desk: Desk, staff: dict[str, Person], database: RolledBackDatabase
):
    therapist = staff["therapist"]
    path = f"/people/{therapist.id}/resets/{new_id()}"
    asked = await desk.put(path)
    assert (asked.status_code, asked.json()["act"], asked.json()["about"]["id"]) == (202, "reset", str(therapist.id))
    shown = await desk.get(f"/people/{therapist.id}")
    assert (shown["state"], shown["open_proposal"]) == ("active", asked.json()["id"])
    assert problem(await desk.put(f"/people/{therapist.id}/resets/{new_id()}")) == (409, "already_proposed")
    assert (await other_desk.put(f"/proposals/{asked.json()['id']}/approval")).status_code == 200
    shown = await desk.get(f"/people/{therapist.id}")
    assert (shown["state"], shown["open_proposal"], shown["reset"]["id"]) == ("reset", None, asked.json()["id"])
    assert (await desk.put(path)).status_code == 200
    refused, kept = await audited(database, "reset:made")
    assert (refused.actor_id, refused.outcome) == (desk.person.id, "refused")
    assert (kept.actor_id, kept.subject_id, kept.outcome) == (other_desk.person.id, therapist.id, "success")


async def test_nobody_approves_what_they_proposed(desk: Desk, database: RolledBackDatabase):
    proposal = await desk.invite("therapist")
    assert problem(await desk.put(f"/proposals/{proposal['id']}/approval")) == (403, "needs_another_person")
    assert await person_of(database, proposal["about"]["email"]) is None
    assert [one.outcome for one in await audited(database, "proposal:approved")] == ["refused"]


async def test_any_admin_withdraws_and_it_stays_so(desk: Desk, other_desk: Desk, database: RolledBackDatabase):
    for who in (desk, other_desk):
        proposal = await desk.invite("therapist")
        for again in (who, who, desk):
            answer = await again.put(f"/proposals/{proposal['id']}/withdrawal")
            assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
            assert answer.json()["withdrawn_by"]["id"] == str(who.person.id)
        assert problem(await other_desk.put(f"/proposals/{proposal['id']}/approval")) == (409, "no_longer_open")
        assert await person_of(database, proposal["about"]["email"]) is None
    assert [one.outcome for one in await audited(database, "proposal:withdrawn")] == ["success"] * 2
    assert [one.outcome for one in await audited(database, "proposal:approved")] == ["refused"] * 2


async def test_what_was_carried_out_is_not_withdrawn(desk: Desk, other_desk: Desk):
    proposal = await desk.invite("therapist")
    await other_desk.put(f"/proposals/{proposal['id']}/approval")
    assert problem(await desk.put(f"/proposals/{proposal['id']}/withdrawal")) == (409, "no_longer_open")


async def test_an_unknown_proposal_is_not_decided(desk: Desk, database: RolledBackDatabase):
    for end, verb in (("approval", "proposal:approved"), ("withdrawal", "proposal:withdrawn")):
        assert problem(await desk.put(f"/proposals/{new_id()}/{end}")) == (404, "not_found")
        assert [one.outcome for one in await audited(database, verb)] == ["refused"]


async def test_one_id_stands_for_one_wish(desk: Desk, staff: dict[str, Person]):
    identifier, wanted = new_id(), guest("therapist")
    await desk.put(f"/invitations/{identifier}", wanted)
    for other in (wanted | {"name": "Another"}, wanted | {"role": "admin"}, wanted | {"role": "client"}):
        assert problem(await desk.put(f"/invitations/{identifier}", other)) == (409, "conflict")
    reset = await desk.put(f"/people/{staff['therapist'].id}/resets/{identifier}")
    assert problem(reset) == (409, "conflict")
    assert problem(await desk.put(f"/invitations/{new_id()}", wanted)) == (409, "already_proposed")


@pytest.mark.parametrize("misfit", ["address_taken", "account_disabled", "proposer_gone"])
async def test_what_does_not_fit_any_more_is_not_carried_out(
    desk: Desk, other_desk: Desk, staff: dict[str, Person], database: RolledBackDatabase, misfit: str
):
    if misfit == "account_disabled":
        proposal = (await desk.put(f"/people/{staff['therapist'].id}/resets/{new_id()}")).json()
        await desk.put(f"/people/{staff['therapist'].id}/disablement")
    else:
        proposal = await desk.invite("therapist")
    if misfit == "address_taken":
        await desk.invite(email=proposal["about"]["email"])
    if misfit == "proposer_gone":
        await other_desk.put(f"/people/{desk.person.id}/disablement")
    answer = await other_desk.put(f"/proposals/{proposal['id']}/approval")
    assert problem(answer) == (409, misfit)
    (still,) = (await other_desk.get("/proposals", state="open"))["items"]
    assert (still["id"], still["approved_by"]) == (proposal["id"], None)
    await pass_by(database)
    await carry_out(database, proposal)
    (failed,) = (await other_desk.get("/proposals", state="failed"))["items"]
    assert (failed["id"], failed["failed_because"]) == (proposal["id"], misfit)
    kept = [one for one in await audited(database, "proposal:carried_out") if one.purpose]
    assert [(one.outcome, one.purpose, one.actor_id) for one in kept] == [("refused", misfit, None)]


async def pass_by(database: RolledBackDatabase, by: timedelta = timedelta(days=1)) -> None:
    """Let the wait be over."""
    async with database.arrange() as session:
        due = func.coalesce(col(Proposal.due_at), func.now()) - by
        await session.execute(update(Proposal).values(due_at=due - timedelta(seconds=1)))


async def carry_out(database: RolledBackDatabase, proposal: dict[str, Any]) -> None:
    """What the job does."""
    settings = Settings.model_construct(invitation_lifetime=timedelta(days=7), reset_lifetime=timedelta(days=1))
    async with database.as_role("auth_worker"), database.unit_of_work(RowContext()) as session:
        await carry_out_due(session, settings, proposal["id"])


@pytest.fixture
def single_app(settings: Settings, database: RolledBackDatabase) -> FastAPI:
    """Auth of a practice that has declared its single admin."""
    return create(settings.model_copy(update={"single_admin": True}), database=database)


async def test_a_single_admin_waits_a_day(
    single_app: FastAPI, staff: dict[str, Person], web: Program, database: RolledBackDatabase
):
    async with open_browser(single_app) as client:
        desk = await Desk.of(Browser(client), staff["admin"], web)
        proposal = await desk.invite("therapist")
        assert proposal["due_at"]
        assert problem(await desk.put(f"/proposals/{proposal['id']}/approval")) == (403, "needs_another_person")
        with pytest.raises(LookupError, match="not due"):
            await carry_out(database, proposal)
        assert await person_of(database, proposal["about"]["email"]) is None
        await pass_by(database)
        for _ in range(2):
            await carry_out(database, proposal)
        (done,) = (await desk.get("/proposals"))["items"]
    assert (done["state"], done["approved_by"]) == ("carried_out", None)
    made = await person_of(database, proposal["about"]["email"])
    assert made
    assert made.role == "therapist"
    (kept,) = await audited(database, "proposal:carried_out")
    assert (kept.actor_id, kept.subject_id, kept.outcome) == (None, made.id, "success")


async def test_a_second_admin_may_approve_at_once_although_one_was_declared(
    single_app: FastAPI, staff: dict[str, Person], other_desk: Desk, web: Program, database: RolledBackDatabase
):
    async with open_browser(single_app) as client:
        proposal = await (await Desk.of(Browser(client), staff["admin"], web)).invite("admin")
    assert (await other_desk.put(f"/proposals/{proposal['id']}/approval")).json()["state"] == "carried_out"
    await pass_by(database)
    await carry_out(database, proposal)  # the day passes, and nothing happens twice
    assert len(await audited(database, "invitation:made")) == 1


async def test_what_was_withdrawn_in_its_day_never_happens(
    single_app: FastAPI, staff: dict[str, Person], web: Program, database: RolledBackDatabase
):
    async with open_browser(single_app) as client:
        desk = await Desk.of(Browser(client), staff["admin"], web)
        proposal = await desk.invite("therapist")
        await desk.put(f"/proposals/{proposal['id']}/withdrawal")
    await pass_by(database)
    await carry_out(database, proposal)
    assert await person_of(database, proposal["about"]["email"]) is None


async def test_proposals_come_page_by_page_the_newest_first(desk: Desk):
    made = [await desk.invite("therapist") for _ in range(3)]
    first = await desk.get("/proposals", limit=2)
    rest = await desk.get("/proposals", limit=2, after=first["next"])
    assert [one["id"] for one in first["items"] + rest["items"]] == [one["id"] for one in reversed(made)]
    assert rest["next"] is None
    assert (await desk.get("/proposals", state="carried_out"))["items"] == []


NEW_PERSON = "INSERT INTO people (id, email, name, role, locale, time_zone, created_at, password_hash) VALUES ("


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE proposals SET approved_by = proposed_by, carried_out_at = now()",
        "UPDATE proposals SET carried_out_at = now()",
        "UPDATE proposals SET approved_by = '{other}', carried_out_at = now()",
        "UPDATE proposals SET details = '{{}}'",
        "UPDATE proposals SET due_at = now()",
        "UPDATE proposals SET proposed_by = '{other}'",
        "DELETE FROM proposals",
        NEW_PERSON + "'{new}', 'new@example.org', 'N', 'admin', 'en', 'UTC', now(), NULL)",
        NEW_PERSON + "'{new}', 'new@example.org', 'N', 'client', 'en', 'UTC', now(), 'known')",
        "INSERT INTO resets (id, person_id, created_at, expires_at) VALUES ('{new}', '{therapist}', now(), now())",
        "INSERT INTO invitations (id, person_id, created_at, expires_at) VALUES ('{new}', '{therapist}', now(), now())",
    ],
)
async def test_the_database_itself_asks_for_the_second_person(
    desk: Desk, other_desk: Desk, staff: dict[str, Person], database: RolledBackDatabase, statement: str
):
    await desk.invite("therapist")
    filled = statement.format(other=other_desk.person.id, new=new_id(), therapist=staff["therapist"].id)
    with pytest.raises(DBAPIError, match=r"row-level security|permission denied|second_person"):
        async with database.unit_of_work(RowContext(desk.person.id, Role.admin)) as session:
            await session.execute(text(filled))


async def test_of_many_ends_at_once_one_happens(committed_app: FastAPI, committed_superuser: Database, committed: Any):
    """Two colleagues approve, the proposer withdraws, and the day passes: all at the same moment."""
    async with committed_superuser.sessions() as session, session.begin():
        admins = [await add_person(session, "admin") for _ in range(3)]
        web = await Program(f"web-{new_id().hex}").register(session)
    worker = Database.connect(committed.urls["auth_worker"], pool_size=4)
    settings = Settings.model_construct(invitation_lifetime=timedelta(days=7), reset_lifetime=timedelta(days=1))

    async def pass_the_day(identifier: str) -> None:
        async with worker.unit_of_work(RowContext()) as session:
            await carry_out_due(session, settings, identifier)

    async with open_browser(committed_app) as one, open_browser(committed_app) as two, open_browser(committed_app) as x:
        desks = [await Desk.of(Browser(each), who, web) for each, who in zip((one, two, x), admins, strict=True)]
        for _ in range(ROUNDS):
            proposal = await desks[0].invite("therapist")
            async with committed_superuser.sessions() as session, session.begin():
                due = update(Proposal).where(col(Proposal.id) == proposal["id"])
                await session.execute(due.values(due_at=func.now() - timedelta(hours=1)))
            path = f"/proposals/{proposal['id']}"
            await asyncio.gather(
                *(desk.put(f"{path}/approval") for desk in desks[1:] for _ in range(6)),
                *(desks[0].put(f"{path}/withdrawal") for _ in range(4)),
                *(pass_the_day(proposal["id"]) for _ in range(4)),
            )
            (ended,) = [item for item in (await desks[0].get("/proposals"))["items"] if item["id"] == proposal["id"]]
            async with committed_superuser.sessions() as session:
                email = proposal["about"]["email"]
                found = (await session.scalars(select(Person).where(col(Person.email) == email))).all()
            assert Counter({"carried_out": len(found)}) == Counter({"carried_out": int(ended["state"] != "withdrawn")})
            assert ended["state"] in {"carried_out", "withdrawn"}
    await worker.close()


async def test_the_proposer_is_not_needed_to_be_there_but_to_be_an_admin(
    desk: Desk, other_desk: Desk, database: RolledBackDatabase
):
    proposal = await desk.invite("therapist")
    async with database.arrange() as session:
        await disable(session, desk.person.id)
    assert problem(await other_desk.put(f"/proposals/{proposal['id']}/approval")) == (409, "proposer_gone")
    assert (await other_desk.put(f"/proposals/{proposal['id']}/withdrawal")).status_code == 200


async def test_all_other_staff_are_alerted_once(
    app: FastAPI, desk: Desk, other_desk: Desk, staff: dict[str, Person], database: RolledBackDatabase
):
    async with database.arrange() as session:
        gone = await add_person(session, "therapist")
        await disable(session, gone.id)
    path, wanted = f"/invitations/{new_id()}", guest("admin")
    for _ in range(2):
        await desk.put(path, wanted)
    alerts = [one for one in await letters(app, database) if one.letter == "proposal_made"]
    assert {one.to for one in alerts} == {other_desk.person.id, staff["therapist"].id}
    assert len(alerts) == 2
    for alert in alerts:
        assert alert.mail
        assert "waits until another admin" in alert.mail.text
        assert wanted["name"] not in alert.mail.text
        assert wanted["email"] not in alert.mail.text
    await other_desk.put(f"/proposals/{path.rpartition('/')[2]}/approval")
    written = {one.letter: one.mail for one in await letters(app, database)}
    assert written["proposal_made"] is None  # it has ended: nothing to say any more
    assert written["invitation"]


async def test_with_a_single_admin_a_job_carries_it_out_after_the_day(
    single_app: FastAPI, staff: dict[str, Person], web: Program, database: RolledBackDatabase
):
    async with open_browser(single_app) as client:
        desk = await Desk.of(Browser(client), staff["admin"], web)
        proposal = await desk.invite("therapist")
    ((payload, after),) = await queued(database, CARRY_OUT)
    assert payload == {"proposal": proposal["id"]}
    assert after >= datetime.fromisoformat(proposal["due_at"])
    (alert,) = await letters(single_app, database)
    assert alert.mail
    assert "unless an admin withdraws it" in alert.mail.text
    async with database.as_role("auth_worker"):
        handler = handlers(single_app.state.provider)[CARRY_OUT]
        with pytest.raises(LookupError):
            await handler(database, Job(1, CARRY_OUT, payload, 0))
        await pass_by(database)
    async with database.as_role("auth_worker"):
        await handler(database, Job(1, CARRY_OUT, payload, 1))
        await handler(database, Job(1, CARRY_OUT, payload, 2))
    assert [one.letter for one in await letters(single_app, database)] == ["proposal_made", "invitation"]


async def test_what_waited_needs_the_second_person_once_there_is_no_single_admin_any_more(
    *,
    app: FastAPI,
    single_app: FastAPI,
    staff: dict[str, Person],
    other_desk: Desk,
    web: Program,
    database: RolledBackDatabase,
):
    async with open_browser(single_app) as client:
        proposal = await (await Desk.of(Browser(client), staff["admin"], web)).invite("admin")
    ((payload, _),) = await queued(database, CARRY_OUT)
    await pass_by(database)
    async with database.as_role("auth_worker"):
        await handlers(app.state.provider)[CARRY_OUT](database, Job(1, CARRY_OUT, payload, 0))
    assert await person_of(database, proposal["about"]["email"]) is None
    assert (await other_desk.put(f"/proposals/{proposal['id']}/approval")).json()["state"] == "carried_out"


async def test_without_one_no_job_carries_anything_out(desk: Desk, database: RolledBackDatabase):
    await desk.invite("therapist")
    assert await queued(database, CARRY_OUT) == []
