"""Codes: bound to who asked, redeemed once, and their replay ends what they gave."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.audit import AuditEvent
from afterglow_auth.oauth.models import Authorization, OAuthClient, RefreshToken
from afterglow_auth.sessions.service import end_sessions_of
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import func, select, update
from sqlmodel import col

from tests.assurance import PATIENCE, RACES
from tests.auth.arranging import Browser, Program, add_person, audited, open_browser

AT_ONCE = 20


async def redeem(browser: Browser, form: dict[str, str]) -> str:
    answer = await browser.client.post("/auth/token", data=form)
    assert answer.status_code in {200, 400}, answer.text
    return str(answer.json().get("error", "redeemed"))


async def test_a_code_is_bound_to_its_request(browser: Browser, person: Person, web: Program):
    code = await browser.code(person.email, web)
    assert await redeem(browser, web.code_form(code, code_verifier="v" * 43)) == "invalid_grant"
    assert await redeem(browser, web.code_form(code, code_verifier="short")) == "invalid_request"
    assert await redeem(browser, web.code_form(code, redirect_uri="http://localhost:8080/other")) == "invalid_grant"
    without = {name: value for name, value in web.code_form(code).items() if name != "code_verifier"}
    assert await redeem(browser, without) == "invalid_request"
    assert await redeem(browser, {**web.code_form(code), "redirect_uri": ""}) == "invalid_grant"
    assert await redeem(browser, web.code_form(secrets.token_urlsafe(32))) == "invalid_grant"
    assert await redeem(browser, web.code_form(code)) == "redeemed"


async def test_a_code_retargeted_to_another_client_gives_nothing(
    browser: Browser, person: Person, web: Program, public: Program
):
    code = await browser.code(person.email, web)
    public.verifier = web.verifier
    assert await redeem(browser, public.code_form(code, redirect_uri=web.redirect_uri)) == "invalid_grant"
    assert await redeem(browser, web.code_form(code)) == "redeemed"


async def test_a_code_lives_a_minute(browser: Browser, person: Person, web: Program, database: RolledBackDatabase):
    code = await browser.code(person.email, web)
    async with database.arrange() as session:
        row = (await session.scalars(select(Authorization))).one()
        assert row.code_expires_at - row.created_at == timedelta(seconds=60)
        assert code.encode() not in row.code_hash
        later = row.code_expires_at - timedelta(seconds=61)
        await session.execute(update(Authorization).values(code_expires_at=later))
    assert await redeem(browser, web.code_form(code)) == "invalid_grant"


async def test_a_replayed_code_revokes_what_it_gave(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    code = await browser.code(person.email, web)
    tokens = (await browser.client.post("/auth/token", data=web.code_form(code))).json()
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await browser.client.get("/auth/userinfo", headers=bearer)).status_code == 200
    assert await redeem(browser, web.code_form(code)) == "invalid_grant"
    assert await redeem(browser, web.refresh_form(tokens["refresh_token"])) == "invalid_grant"
    assert (await browser.client.get("/auth/userinfo", headers=bearer)).status_code == 401
    assert [event.outcome for event in await audited(database, "code:replayed")] == ["refused"]


async def test_who_has_merely_read_a_public_clients_code_ends_nothing(
    browser: Browser, person: Person, public: Program, database: RolledBackDatabase
):
    """With the client's code verifier it is a replay; what has ended is recorded once."""
    code = await browser.code(person.email, public)
    tokens = (await browser.client.post("/auth/token", data=public.code_form(code))).json()
    form = public.code_form(code)
    without = {name: value for name, value in form.items() if name != "code_verifier"}
    for shown in (without, *({**form, "code_verifier": guess} for guess in (secrets.token_urlsafe(32), "", "é" * 43))):
        assert await redeem(browser, shown) == "invalid_grant"
    assert await audited(database, "code:replayed") == []
    following = (await browser.client.post("/auth/token", data=public.refresh_form(tokens["refresh_token"]))).json()
    for _ in range(3):
        assert await redeem(browser, public.code_form(code)) == "invalid_grant"
    assert await redeem(browser, public.refresh_form(following["refresh_token"])) == "invalid_grant"
    assert len(await audited(database, "code:replayed")) == 1


async def test_a_replay_ends_nothing_that_another_code_gave_older_or_younger(
    browser: Browser, person: Person, web: Program, public: Program
):
    given = [(program, await browser.code(person.email, program, prompt="login")) for program in (web, public, web)]
    tokens = [(await browser.client.post("/auth/token", data=one.code_form(code))).json() for one, code in given]
    assert await redeem(browser, public.code_form(given[1][1])) == "invalid_grant"
    seen = [
        await redeem(browser, program.refresh_form(one["refresh_token"]))
        for (program, _), one in zip(given, tokens, strict=True)
    ]
    assert seen == ["redeemed", "invalid_grant", "redeemed"]


@pytest.mark.parametrize("ending", [disable, end_sessions_of])
async def test_no_tokens_once_person_or_session_has_ended(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase, ending: object
):
    code = await browser.code(person.email, web)
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        await ending(session, person.id)  # type: ignore[operator]  # parametrised functions
    assert await redeem(browser, web.code_form(code)) == "invalid_grant"


@pytest.mark.timeout(PATIENCE)
async def test_of_twenty_at_once_one_redeems(
    committed_app: FastAPI, committed_superuser: Database, record_property: Callable[[str, object], None]
):
    for _ in range(RACES):
        async with committed_superuser.sessions() as session, session.begin():
            person = await add_person(session)
            program = await Program(f"racing-{new_id().hex}").register(session)
        async with open_browser(committed_app) as client:
            browser = Browser(client)
            code = await browser.code(person.email, program)
            forms = [program.code_form(code) for _ in range(AT_ONCE)]
            outcomes = await asyncio.gather(*(redeem(browser, form) for form in forms))
        assert sorted(outcomes) == ["invalid_grant"] * (AT_ONCE - 1) + ["redeemed"]
        await assert_only_one_family_and_revoked(committed_superuser, person.id)
    record_property("counted", f"races of codes: {RACES} rounds of {AT_ONCE}, one winner each")


async def assert_only_one_family_and_revoked(database: Database, person_id: UUID) -> None:
    """The losers were replays: what the winner got is revoked, in the database, although each got an error."""
    async with database.sessions() as session:
        row = (await session.scalars(select(Authorization).where(col(Authorization.person_id) == person_id))).one()
        family = select(func.count()).where(col(RefreshToken.authorization_id) == row.id)
        replays = select(func.count()).where(
            col(AuditEvent.object_id) == row.id, col(AuditEvent.action) == "code:replayed"
        )
        assert row.revoked_because == "code replayed"
        assert await session.scalar(family) == 1
        assert await session.scalar(replays) == 1


async def test_a_program_that_was_disabled_a_moment_ago_redeems_nothing(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    """Whoever gave the code, or redeems it, may remember the program as it was."""
    code = await browser.code(person.email, web)
    async with database.arrange() as session:
        await session.execute(update(OAuthClient).values(disabled_at=datetime.now(UTC)))
    assert await redeem(browser, web.code_form(code)) == "invalid_grant"
