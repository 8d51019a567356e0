"""Asking for a factor reset: told at once, done a day later, and for staff only with a second person."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.factor_resets.models import FactorReset
from afterglow_auth.factor_resets.service import SETTLE
from afterglow_auth.main import create
from afterglow_auth.proposals.deciding import carry_out_due
from afterglow_auth.proposals.models import Proposal
from afterglow_auth.security.notices.models import NoticeChange
from afterglow_auth.settings import Settings
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from tests.auth.arranging import (
    FEWER_ROUNDS,
    Browser,
    Desk,
    Program,
    add_person,
    audited,
    letters,
    open_browser,
    problem,
    queued,
)
from tests.auth.factor_resets.arranging import LIFETIMES, Parties, pass_the_day, run_job


async def test_a_client_is_told_at_once_and_keeps_everything_for_a_day(parties: Parties):
    app, desk, other_browser, person, web, database = parties
    path = f"/people/{person.id}/factor-resets/{new_id()}"
    first, again = await desk.put(path), await desk.put(path)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    due_in = datetime.fromisoformat(first.json()["due_at"]) - datetime.fromisoformat(first.json()["created_at"])
    assert (first.json()["state"], round(due_in / timedelta(days=1), 3)) == ("open", 1)
    assert (await desk.get(f"/people/{person.id}"))["factor_reset"] == first.json()
    assert (await other_browser.sign_in(person.email, web.request())).status_code == 303
    (notice,) = [one for one in await letters(app, database) if one.letter == "factor_reset_asked"]
    assert notice.to == person.id
    assert notice.mail
    assert person.name not in notice.mail.text
    ((job, after),) = await queued(database, SETTLE)
    assert job == {"factor_reset": first.json()["id"]}
    assert after > datetime.fromisoformat(first.json()["due_at"])
    with pytest.raises(LookupError, match="not due"):
        await run_job(database, first.json()["id"])
    (kept,) = await audited(database, "factor_reset:asked")
    assert (kept.actor_id, kept.subject_id, kept.outcome) == (desk.person.id, person.id, "success")


@pytest.mark.parametrize(("days_ago", "asked_there_too"), [(1, True), (6, True), (8, False), (None, False)])
async def test_where_letters_went_before_hears_of_it_too(
    parties: Parties, *, days_ago: int | None, asked_there_too: bool
):
    """Whoever led somebody's letters away cannot ask for a reset behind their back."""
    app, desk, _other_browser, person, _web, database = parties
    if days_ago is not None:
        when = datetime.now(UTC) - timedelta(days=days_ago)
        async with database.arrange() as session:
            session.add(NoticeChange(person_id=person.id, address="thief@example.org", expires_at=when, used_at=when))
            await session.execute(
                update(Person).where(col(Person.id) == person.id).values(notices_to="thief@example.org")
            )
    assert (await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")).status_code == 201
    written = {one.letter: one.mail for one in await letters(app, database)}
    asked, before = written["factor_reset_asked"], written["factor_reset_asked_before"]
    assert asked
    assert asked.to == (person.email if days_ago is None else "thief@example.org")
    assert (before.to if before else None) == (person.email if asked_there_too else None)
    assert not before or before.text.strip() == asked.text.strip()


async def test_one_is_under_way_at_a_time(desk: Desk, other_desk: Desk, person: Person, database: RolledBackDatabase):
    first = (await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")).json()
    assert problem(await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")) == (409, "already_asked")
    for _ in range(2):
        withdrawn = await other_desk.put(f"/factor-resets/{first['id']}/withdrawal")
        assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")
    assert (await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")).status_code == 201
    (kept,) = await audited(database, "factor_reset:withdrawn")
    assert (kept.actor_id, kept.subject_id, kept.outcome) == (other_desk.person.id, person.id, "success")


async def test_who_cannot_be_asked_about(desk: Desk, person: Person, database: RolledBackDatabase):
    invited = await desk.invite()
    answers = [await desk.put(f"/people/{whom}/factor-resets/{new_id()}") for whom in (invited["person_id"], new_id())]
    await desk.put(f"/people/{person.id}/disablement")
    answers += [await desk.put(f"/people/{whom}/factor-resets/{new_id()}") for whom in (person.id, desk.person.id)]
    answers += [await desk.put(f"/factor-resets/{new_id()}/withdrawal")]
    assert [problem(answer) for answer in answers] == [
        (409, "no_account_yet"),
        (404, "not_found"),
        (409, "account_disabled"),
        (403, "own_account"),
        (404, "not_found"),
    ]
    assert [one.outcome for one in await audited(database, "factor_reset:asked")] == ["refused"] * 4
    assert [one.outcome for one in await audited(database, "factor_reset:withdrawn")] == ["refused"]


async def test_one_id_stands_for_one_person(desk: Desk, person: Person, database: RolledBackDatabase):
    async with database.arrange() as session:
        other = await add_person(session)
    identifier = new_id()
    assert (await desk.put(f"/people/{person.id}/factor-resets/{identifier}")).status_code == 201
    assert problem(await desk.put(f"/people/{other.id}/factor-resets/{identifier}")) == (409, "conflict")


async def test_for_staff_another_admin_approves_and_the_day_passes_all_the_same(
    desk: Desk, other_desk: Desk, staff: dict[str, Person], database: RolledBackDatabase
):
    therapist = staff["therapist"]
    path = f"/people/{therapist.id}/factor-resets/{new_id()}"
    asked, again = await desk.put(path), await desk.put(path)
    assert (asked.status_code, asked.json()["act"], asked.json()["state"]) == (202, "reset_factors", "open")
    assert again.json() == asked.json()
    proposal = f"/proposals/{asked.json()['id']}"
    assert problem(await desk.put(f"{proposal}/approval")) == (403, "needs_another_person")
    assert (await other_desk.put(f"{proposal}/approval")).json()["state"] == "carried_out"
    shown = await desk.get(f"/people/{therapist.id}")
    assert (shown["state"], shown["factor_reset"]["state"]) == ("active", "open")  # the day has not passed
    await pass_the_day(database, asked.json()["id"])
    shown = await desk.get(f"/people/{therapist.id}")
    assert (shown["state"], shown["factor_reset"]["state"]) == ("reset", "carried_out")
    assert (await desk.put(path)).status_code == 200


async def test_for_staff_the_day_alone_is_not_enough(
    desk: Desk, other_desk: Desk, staff: dict[str, Person], database: RolledBackDatabase
):
    therapist = staff["therapist"]
    asked = (await desk.put(f"/people/{therapist.id}/factor-resets/{new_id()}")).json()
    await pass_the_day(database, asked["id"])
    shown = await desk.get(f"/people/{therapist.id}")
    assert (shown["state"], shown["factor_reset"]["state"]) == ("active", "open")
    await other_desk.put(f"/proposals/{asked['id']}/approval")
    *_, (job, _after) = await queued(database, SETTLE)
    assert job == {"factor_reset": asked["id"]}
    await run_job(database, asked["id"])
    assert (await desk.get(f"/people/{therapist.id}"))["state"] == "reset"


async def test_withdrawing_either_ends_both(
    desk: Desk, other_desk: Desk, staff: dict[str, Person], database: RolledBackDatabase
):
    therapist = staff["therapist"]
    first = (await desk.put(f"/people/{therapist.id}/factor-resets/{new_id()}")).json()
    await other_desk.put(f"/proposals/{first['id']}/withdrawal")
    assert (await desk.get(f"/people/{therapist.id}"))["factor_reset"]["state"] == "withdrawn"
    second = (await desk.put(f"/people/{therapist.id}/factor-resets/{new_id()}")).json()
    await desk.put(f"/factor-resets/{second['id']}/withdrawal")
    assert problem(await other_desk.put(f"/proposals/{second['id']}/approval")) == (409, "no_longer_open")
    await run_job(database, second["id"])
    ended = await desk.get(f"/proposals/{second['id']}")
    assert (ended["state"], ended["failed_because"]) == ("failed", "withdrawn")


async def test_a_single_admin_waits_the_same_day(
    settings: Settings, staff: dict[str, Person], web: Program, database: RolledBackDatabase
):
    app = create(settings.model_copy(update={"single_admin": True}), database=database)
    async with open_browser(app) as client:
        desk = await Desk.of(Browser(client), staff["admin"], web)
        therapist = staff["therapist"]
        asked = (await desk.put(f"/people/{therapist.id}/factor-resets/{new_id()}")).json()
        await pass_the_day(database, asked["id"])  # it comes first, and waits for the proposal's own job
        assert (await desk.get(f"/people/{therapist.id}"))["state"] == "active"
        async with database.arrange() as session:
            await session.execute(update(Proposal).values(due_at=col(Proposal.proposed_at)))
        async with database.as_role("auth_worker"), database.unit_of_work(RowContext()) as session:
            await carry_out_due(session, LIFETIMES, asked["id"])
        await run_job(database, asked["id"])
        assert (await desk.get(f"/people/{therapist.id}"))["state"] == "reset"


INSERT = "INSERT INTO factor_resets (id, person_id, asked_by, created_at, due_at) VALUES ("


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE factor_resets SET carried_out_at = now()",
        "UPDATE factor_resets SET due_at = now()",
        "UPDATE factor_resets SET person_id = '{therapist}'",
        "UPDATE factor_resets SET withdrawn_at = now(), withdrawn_by = '{therapist}'",
        "DELETE FROM factor_resets",
        INSERT + "'{new}', '{therapist}', '{therapist}', now(), now())",
        INSERT + "'{new}', '{admin}', '{admin}', now(), now())",
    ],
)
async def test_the_database_itself_lets_the_app_only_ask_and_stop(
    desk: Desk, staff: dict[str, Person], person: Person, database: RolledBackDatabase, statement: str
):
    await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")
    filled = statement.format(therapist=staff["therapist"].id, admin=desk.person.id, new=new_id())
    with pytest.raises(DBAPIError, match=r"row-level security|permission denied|not_oneself"):
        async with database.unit_of_work(RowContext(desk.person.id, Role.admin)) as session:
            await session.execute(text(filled))


async def test_of_twenty_who_ask_at_once_one_does(committed_app: FastAPI, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        admin = await add_person(session, "admin")
        web = await Program(f"web-{new_id().hex}").register(session)
        people = [await add_person(session) for _ in range(FEWER_ROUNDS)]
    async with open_browser(committed_app) as client:
        desk = await Desk.of(Browser(client), admin, web)
        for person in people:
            answers = await asyncio.gather(
                *(desk.put(f"/people/{person.id}/factor-resets/{new_id()}") for _ in range(20))
            )
            assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 19}
            async with committed_superuser.sessions() as session:
                asked = select(FactorReset).where(col(FactorReset.person_id) == person.id)
                assert len((await session.scalars(asked)).all()) == 1
