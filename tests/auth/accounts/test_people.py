"""One person at the accounts API: everything about them, disabling and enabling, who may not."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.care.service import assign
from afterglow_auth.events.models import EventReceiver, SecurityEvent
from afterglow_auth.problems import LastAdmin
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import event, select, update
from sqlmodel import col

from tests.auth.arranging import ROUNDS, Browser, Desk, Program, Scene, add_person, audited, problem


async def test_everything_about_one_person(
    desk: Desk, other_browser: Browser, person: Person, staff: dict[str, Person], web: Program
):
    await other_browser.tokens(person.email, web)
    care = {"client_id": str(person.id), "therapist_id": str(staff["therapist"].id)}
    await desk.put(f"/care-relationships/{new_id()}", care)
    shown = await desk.get(f"/people/{person.id}")
    assert (shown["name"], shown["role"], shown["state"], shown["sessions"]) == ("Rowan Hale", "client", "active", 1)
    assert (shown["locale"], shown["time_zone"]) == ("en", "Europe/Berlin")
    (relationship,) = shown["care"]
    assert relationship["client"] == {"id": str(person.id), "name": "Rowan Hale"}
    assert relationship["therapist"] == {"id": str(staff["therapist"].id), "name": "The therapist"}
    assert (shown["invitation"], shown["reset"], shown["open_proposal"]) == (None, None, None)
    assert "password" not in str(shown)
    assert "argon2" not in str(shown)


async def test_reading_somebody_is_audited_and_so_is_asking_for_nobody(
    desk: Desk, person: Person, database: RolledBackDatabase
):
    await desk.get(f"/people/{person.id}")
    nobody = new_id()
    assert problem(await desk.ask("GET", f"/people/{nobody}")) == (404, "not_found")
    events = await audited(database, "person:read")
    assert [(one.object_id, one.outcome) for one in events] == [(person.id, "success"), (nobody, "refused")]
    assert {one.actor_id for one in events} == {desk.person.id}


async def test_a_persons_page_costs_the_same_however_much_there_is(
    desk: Desk, staff: dict[str, Person], database: RolledBackDatabase
):
    few = await statements(desk, database, f"/people/{staff['therapist'].id}")
    async with database.arrange() as session:
        for _ in range(5):
            client = await add_person(session)
            await assign(session, client.id, staff["therapist"].id)
    assert await statements(desk, database, f"/people/{staff['therapist'].id}") == few
    one, many = await statements(desk, database, "/people", limit=1), await statements(desk, database, "/people")
    assert one == many
    assert await statements(desk, database, "/care-relationships") <= many


async def statements(desk: Desk, database: RolledBackDatabase, path: str, **params: Any) -> int:
    counted: list[str] = []
    listener = lambda *arguments: counted.append(arguments[2])  # noqa: E731  # one that can be removed again
    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", listener)
    try:
        await desk.get(path, **params)
    finally:
        event.remove(engine, "before_cursor_execute", listener)
    assert counted
    return len(counted)


async def test_people_are_found_by_role_and_state(desk: Desk, person: Person, staff: dict[str, Person]):
    invited = await desk.invite()
    therapist = staff["therapist"]
    assert (await desk.put(f"/people/{therapist.id}/disablement")).status_code == 200
    assert (await desk.put(f"/people/{person.id}/resets/{new_id()}")).status_code == 201

    async def found(**params: Any) -> set[str]:
        return {one["id"] for one in (await desk.get("/people", **params))["items"]}

    assert await found(state="invited") == {invited["person_id"]}
    assert await found(state="disabled") == {str(therapist.id)}
    assert await found(state="reset") == {str(person.id)}
    assert await found(state="active") == {str(desk.person.id)}
    assert await found(role="client") == {invited["person_id"], str(person.id)}
    assert await found(role="client", state="active") == set()
    assert await found(role="therapist", q="THERA") == {str(therapist.id)}
    for state in ("invited", "disabled", "reset", "active"):
        assert {one["state"] for one in (await desk.get("/people", state=state))["items"]} == {state}
    for bad in ({"role": "service"}, {"state": "gone"}):
        assert problem(await desk.ask("GET", "/people", **bad)) == (422, "invalid_input")


async def test_disabling_ends_everything_and_enabling_brings_no_session_back(
    desk: Desk, other_browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    tokens = await other_browser.tokens(person.email, web)
    own = {"authorization": f"Bearer {tokens['access_token']}"}
    for _ in range(2):
        answer = await desk.put(f"/people/{person.id}/disablement")
        assert (answer.status_code, answer.json()["state"], answer.json()["sessions"]) == (200, "disabled", 0)
    assert (await other_browser.client.get("/api/accounts/me", headers=own)).status_code == 401
    refreshed = await other_browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
    assert refreshed.json()["error"] == "invalid_grant"
    assert (await other_browser.sign_in(person.email, web.request(prompt="login"))).status_code == 400
    for _ in range(2):
        answer = await desk.ask("DELETE", f"/people/{person.id}/disablement")
        assert (answer.status_code, answer.json()["state"], answer.json()["sessions"]) == (200, "active", 0)
    assert (await other_browser.client.get("/api/accounts/me", headers=own)).status_code == 401
    assert (await other_browser.sign_in(person.email, web.request())).status_code == 303
    for verb in ("person:disabled", "person:enabled"):
        (kept,) = await audited(database, verb)
        assert (kept.actor_id, kept.subject_id, kept.outcome) == (desk.person.id, person.id, "success")


async def test_nobody_disables_themselves(desk: Desk, database: RolledBackDatabase):
    answer = await desk.put(f"/people/{desk.person.id}/disablement")
    assert problem(answer) == (403, "own_account")
    (kept,) = await audited(database, "person:disabled")
    assert (kept.subject_id, kept.outcome) == (desk.person.id, "refused")
    assert (await desk.get("/me"))["id"] == str(desk.person.id)


async def test_nobody_unknown_is_disabled_or_enabled(desk: Desk, database: RolledBackDatabase):
    for method, verb in (("PUT", "person:disabled"), ("DELETE", "person:enabled")):
        assert problem(await desk.ask(method, f"/people/{new_id()}/disablement")) == (404, "not_found")
        assert [one.outcome for one in await audited(database, verb)] == ["refused"]


async def test_the_operator_keeps_an_admin_too(database: RolledBackDatabase, staff: dict[str, Person]):
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        with pytest.raises(LastAdmin):
            await disable(session, staff["admin"].id)
        await add_person(session, "admin")
        await disable(session, staff["admin"].id)


@pytest.mark.parametrize("joined", [False, True], ids=["invited", "reset"])
async def test_an_admin_who_was_only_invited_or_reset_is_none_who_could_act(
    database: RolledBackDatabase, staff: dict[str, Person], joined: bool
):
    async with database.arrange() as session:
        other = await add_person(session, "admin")
        other.password_hash = None
        other.joined_at, other.reset_at = (other.joined_at, datetime.now(UTC)) if joined else (None, None)
        await session.flush()
        with pytest.raises(LastAdmin):
            await disable(session, staff["admin"].id)


async def test_two_admins_cannot_disable_each_other_at_once(
    committed_database: Database, committed_superuser: Database
):
    for _ in range(ROUNDS):
        async with committed_superuser.sessions() as session, session.begin():
            everybody_else = update(Person).where(col(Person.role) == "admin")
            await session.execute(everybody_else.values(role="client"))
            pair = [await add_person(session, "admin") for _ in range(2)]

        async def one_disables(admin: Person, other: Person) -> None:
            caller = Caller(admin.id, Role.admin)
            async with committed_database.unit_of_work(RowContext.of(caller)) as session:
                await disable(session, other.id, caller=caller)

        ends = await asyncio.gather(one_disables(*pair), one_disables(*reversed(pair)), return_exceptions=True)
        assert sorted(type(end).__name__ for end in ends) == ["LastAdmin", "NoneType"]
        async with committed_superuser.sessions() as session:
            left = select(Person).where(col(Person.role) == "admin", col(Person.disabled_at).is_(None))
            assert len((await session.scalars(left)).all()) == 1


ADMINS_ONLY = [
    ("GET", "/people/{person}", "people:read"),
    ("PUT", "/people/{person}/disablement", "people:disable"),
    ("DELETE", "/people/{person}/disablement", "people:disable"),
    ("PUT", "/people/{person}/resets/{new}", "people:reset"),
    ("GET", "/people/{person}/sessions", "sessions:read"),
    ("DELETE", "/people/{person}/sessions", "sessions:end"),
    ("DELETE", "/people/{person}/sessions/{new}", "sessions:end"),
    ("GET", "/invitations", "invitations:read"),
    ("PUT", "/invitations/{new}", "invitations:write"),
    ("POST", "/invitations/{new}/mails", "invitations:write"),
    ("PUT", "/invitations/{new}/withdrawal", "invitations:write"),
    ("GET", "/care-relationships", "care:read"),
    ("PUT", "/care-relationships/{new}", "care:write"),
    ("PUT", "/care-relationships/{new}/end", "care:write"),
    ("GET", "/proposals", "proposals:read"),
    ("PUT", "/proposals/{new}/approval", "proposals:decide"),
    ("PUT", "/proposals/{new}/withdrawal", "proposals:withdraw"),
]


@pytest.mark.parametrize("role", ["client", "therapist"])
async def test_nobody_but_admins_is_let_in(scene: Scene, staff: dict[str, Person], role: str):
    """Not about others and not about themselves; each attempt is kept."""
    browser, person, web, database = scene
    outsider = await Desk.of(browser, {"client": person, **staff}[role], web)
    for method, path, _ in ADMINS_ONLY:
        answer = await outsider.ask(method, path.format(person=outsider.person.id, new=new_id()))
        assert problem(answer) == (403, "forbidden")
    for permission in {permission for _, _, permission in ADMINS_ONLY}:
        kept = await audited(database, permission)
        assert {(one.actor_id, one.outcome) for one in kept} == {(outsider.person.id, "refused")}
        assert len(kept) == sum(permission == each for _, _, each in ADMINS_ONLY)


async def test_exports_are_held_and_released(desk: Desk, person: Person, database: RolledBackDatabase):
    async with database.arrange() as session:
        await Program("portal", kind="service", scopes="security_events").register(session)
        session.add(EventReceiver(client_id="portal"))
    path = f"/people/{person.id}/export-hold"
    for _ in range(2):
        assert (await desk.put(path)).json()["exports_held"] is True
    for _ in range(2):
        assert (await desk.ask("DELETE", path)).json()["exports_held"] is False
    for method, verb in (("PUT", "exports:held"), ("DELETE", "exports:released")):
        assert problem(await desk.ask(method, f"/people/{new_id()}/export-hold")) == (404, "not_found")
        done, refused = await audited(database, verb)
        assert (done.actor_id, done.subject_id, done.outcome) == (desk.person.id, person.id, "success")
        assert refused.outcome == "refused"
    async with database.arrange() as session:
        told = await session.scalars(select(SecurityEvent).order_by(col(SecurityEvent.id)))
        assert [one.payload["exports_held"] for one in told] == [True, False]
