"""Whichever way a session ends, each program that was told in it who somebody is gets one job, with the change."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from afterglow_auth.accounts import service as accounts
from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb
from afterglow_auth.backchannel.announcing import TELL_PROGRAM
from afterglow_auth.housekeeping import forget_expired
from afterglow_auth.oauth.models import OAuthClient
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import end_session, end_sessions_of
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import select, text, update
from sqlmodel import col

from tests.auth.arranging import (
    BASE_URL,
    FEWER_ROUNDS,
    FORM,
    Browser,
    Desk,
    Program,
    add_person,
    answered,
    audited,
    open_browser,
    payload,
    queued,
)

TOLD_AT = "https://diary.example/signed-out"


@dataclass
class Household:
    """Somebody signed in in a browser of theirs, to two programs that want to know; and an admin elsewhere."""

    person: Person
    browser: Browser
    desk: Desk
    database: RolledBackDatabase
    session_id: str
    id_token: str

    async def told(self) -> list[tuple[str, str, str]]:
        jobs = [job for job, _ in await queued(self.database, TELL_PROGRAM)]
        assert all(job.keys() == {"client", "session", "person"} for job in jobs)
        async with self.database.arrange() as session:
            letters_first = text(
                "SELECT bool_and(priority < 0) IS NOT FALSE FROM jobs.pgqueuer WHERE entrypoint = :name"
            )
            assert await session.scalar(letters_first, {"name": TELL_PROGRAM})
        return sorted((job["client"], job["session"], job["person"]) for job in jobs)

    @property
    def expected(self) -> list[tuple[str, str, str]]:
        return [(program, self.session_id, str(self.person.id)) for program in ("calendar", "diary")]

    async def change_sessions(self, **values: Any) -> None:
        async with self.database.arrange() as session:
            await session.execute(update(Session).where(col(Session.person_id) == self.person.id).values(**values))


@pytest_asyncio.fixture(loop_scope="session")
async def household(
    person: Person, other_browser: Browser, desk: Desk, web: Program, database: RolledBackDatabase
) -> Household:
    async with database.arrange() as session:
        diary = await Program("diary", "https://diary.example/cb", told_at=TOLD_AT).register(session)
        calendar = await Program("calendar", "https://c.example/cb", told_at="https://c.example/out").register(session)
        nameless = await Program("nameless", "https://n.example/cb", told_at=TOLD_AT).register(session)
        unfinished = await Program("unfinished", "https://u.example/cb", told_at=TOLD_AT).register(session)
        gone = await Program("gone", "https://g.example/cb", told_at=TOLD_AT).register(session)
    tokens = await other_browser.tokens(person.email, diary)
    for program in (web, diary, calendar, gone):  # web has no address; the diary comes twice, and is told once
        await again(other_browser, program)
    await again(other_browser, nameless, scope="portal")  # no ID token
    await other_browser.client.get("/auth/authorize", params=unfinished.request())  # a code that was never redeemed
    async with database.arrange() as session:
        ended = update(OAuthClient).where(col(OAuthClient.client_id) == "gone")
        await session.execute(ended.values(disabled_at=col(OAuthClient.created_at)))
    claims = payload(tokens["id_token"])
    return Household(person, other_browser, desk, database, claims["sid"], tokens["id_token"])


async def again(browser: Browser, program: Program, **changes: str) -> None:
    """Sign in to another program in the same session."""
    answer = await browser.client.get("/auth/authorize", params=program.request(**changes))
    given = await browser.client.post("/auth/token", data=program.code_form(answered(answer)["code"]))
    assert ("id_token" in given.json()) == ("scope" not in changes)


async def by_a_program(house: Household) -> None:
    answer = await house.browser.client.get("/auth/sign-out", params={"id_token_hint": house.id_token})
    assert answer.status_code == 200


async def by_leaving(house: Household) -> None:
    answer = await house.browser.client.post("/auth/leave", headers={"origin": BASE_URL, **FORM})
    assert answer.status_code == 200


async def by_an_admin(house: Household) -> None:
    path = f"/people/{house.person.id}/sessions/{house.session_id}"
    for _ in range(2):
        assert (await house.desk.ask("DELETE", path)).status_code == 204


async def by_an_admin_who_ends_all(house: Household) -> None:
    for _ in range(2):
        assert (await house.desk.ask("DELETE", f"/people/{house.person.id}/sessions")).status_code == 204


async def by_disabling(house: Household) -> None:
    assert (await house.desk.put(f"/people/{house.person.id}/disablement")).status_code == 200


async def by_a_reset(house: Household) -> None:
    assert (await house.desk.put(f"/people/{house.person.id}/resets/{new_id()}")).status_code == 201


async def at_the_host(house: Household) -> None:
    async with house.database.as_role("auth_worker"), house.database.unit_of_work(RowContext()) as session:
        await accounts.disable(session, house.person.id)


async def by_somebody_else(house: Household) -> None:
    """Another person signs in in the same browser."""
    async with house.database.arrange() as session:
        other = await add_person(session)
    assert (await house.browser.submit(await house.browser.form(), other.email)).status_code == 303


async def by_resting(house: Household) -> None:
    await house.change_sessions(last_seen_at=col(Session.last_seen_at) - text("interval '8 days'"))
    await keep_house_twice(house)


async def by_growing_old(house: Household) -> None:
    await house.change_sessions(expires_at=col(Session.created_at))
    await keep_house_twice(house)


async def keep_house_twice(house: Household) -> None:
    for _ in range(2):
        await forget_expired(house.database)


@pytest.mark.parametrize(
    "ends",
    [
        by_a_program,
        by_leaving,
        by_an_admin,
        by_an_admin_who_ends_all,
        by_disabling,
        by_a_reset,
        at_the_host,
        by_somebody_else,
        by_resting,
        by_growing_old,
    ],
    ids=lambda way: way.__name__.replace("_", " "),
)
async def test_each_program_is_told_once(household: Household, ends: Callable[[Household], Awaitable[None]]):
    await forget_expired(household.database)
    assert await household.told() == []  # it lives, and is left alone
    await ends(household)
    assert await household.told() == household.expected
    if ends in {by_resting, by_growing_old}:
        (event,) = await audited(household.database, Verb.session_ended)
        assert (str(event.object_id), event.subject_id) == (household.session_id, household.person.id)
        assert (event.actor_id, event.purpose) == (None, "expired")


async def test_what_is_rolled_back_tells_nobody(household: Household):
    async def fail() -> None:
        async with household.database.unit_of_work(RowContext()) as session:
            await end_session(session, UUID(household.session_id))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await household.told() == []


async def is_waited_for(database: Database) -> bool:
    """Whether somebody waits for what another holds."""
    waiting = text(
        "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted"
        " AND datname = current_database())"
    )
    async with database.sessions() as session:
        return bool(await session.scalar(waiting))


async def test_a_code_that_was_given_while_the_session_ended_gets_no_id_token_that_nobody_takes_back(
    committed_app: FastAPI, committed_superuser: Database
):
    """It is given after the authorizations were ended, and redeemed after those who are told were found."""
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
        diary = await Program(f"diary-{new_id().hex}", told_at=TOLD_AT).register(session)
    async with open_browser(committed_app) as client:
        browser = Browser(client)
        await browser.tokens(person.email, diary)
        database: Database = committed_app.state.database
        async with database.unit_of_work(RowContext()) as ending:
            await end_sessions_of(ending, person.id)
            code = answered(await client.get("/auth/authorize", params=diary.request()))["code"]
            redeeming = asyncio.create_task(client.post("/auth/token", data=diary.code_form(code)))
            while not (redeeming.done() or await is_waited_for(committed_superuser)):
                pass
            assert not redeeming.done(), redeeming.result().text
        answer = await redeeming
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_code_that_is_redeemed_while_the_session_ends_is_told_or_refused(
    committed_app: FastAPI, committed_superuser: Database
):
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
        diary = await Program(f"diary-{new_id().hex}", told_at=TOLD_AT).register(session)
        await session.execute(text("TRUNCATE jobs.pgqueuer"))
    outcomes: Counter[bool] = Counter()
    async with open_browser(committed_app) as client:
        browser = Browser(client)
        for _ in range(4 * FEWER_ROUNDS):
            code = await browser.code(person.email, diary, prompt="login")
            async with committed_superuser.sessions() as session:
                latest = select(Session.id).where(col(Session.person_id) == person.id, col(Session.ended_at).is_(None))
                session_id = (await session.scalars(latest)).one()

            async def end(database: Database = committed_app.state.database, ended: Any = session_id) -> None:
                async with database.unit_of_work(RowContext()) as session:
                    await end_session(session, ended)

            given, _ = await asyncio.gather(client.post("/auth/token", data=diary.code_form(code)), end())
            async with committed_superuser.sessions() as session:
                mine = text("SELECT count(*) FROM jobs.pgqueuer WHERE convert_from(payload, 'UTF8') LIKE :like")
                told = await session.scalar(mine, {"like": f"%{session_id}%"})
            assert told == ("id_token" in given.json())
            outcomes[bool(told)] += 1
    assert outcomes
