"""Refresh families: one exchange each, the same answer to an early retry, the end on any other reuse."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.oauth import refresh as refreshing
from afterglow_auth.oauth.models import Authorization, RefreshToken
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import end_sessions_of
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import func, select, update
from sqlmodel import col

from tests.assurance import PATIENCE, RACES
from tests.auth.arranging import Browser, Program, Scene, add_person, audited, open_browser, payload

AT_ONCE = 20


async def exchange(browser: Browser, program: Program, token: str, **changes: str) -> dict[str, Any]:
    answer = await browser.client.post("/auth/token", data=program.refresh_form(token, **changes))
    assert answer.status_code in {200, 400}, answer.text
    return dict(answer.json())


async def age(database: RolledBackDatabase, seconds: int) -> None:
    """Let every exchange lie further back."""
    async with database.arrange() as session:
        earlier = col(RefreshToken.used_at) - timedelta(seconds=seconds)
        await session.execute(update(RefreshToken).values(used_at=earlier))


async def test_only_hashes_are_stored(browser: Browser, person: Person, web: Program, database: RolledBackDatabase):
    tokens = await browser.tokens(person.email, web)
    following = await exchange(browser, web, tokens["refresh_token"])
    async with database.arrange() as session:
        stored = [bytes(row) for row in await session.scalars(select(col(RefreshToken.token_hash)))]
    assert len(stored) == 2
    for token in (tokens["refresh_token"], following["refresh_token"]):
        assert all(token.encode() not in row and token.encode().hex() != row.hex() for row in stored)


async def test_an_early_retry_gets_the_same_successor(browser: Browser, person: Person, web: Program):
    tokens = await browser.tokens(person.email, web)
    first = await exchange(browser, web, tokens["refresh_token"])
    retry = await exchange(browser, web, tokens["refresh_token"])
    assert retry["refresh_token"] == first["refresh_token"]
    assert payload(retry["access_token"])["auth_time"] == payload(tokens["access_token"])["auth_time"]
    assert "refresh_token" in await exchange(browser, web, retry["refresh_token"])


@pytest.mark.parametrize(
    ("since", "error"), [(timedelta(seconds=10), ""), (timedelta(seconds=10, microseconds=1), "invalid_grant")]
)
async def test_early_is_within_ten_seconds(scene: Scene, monkeypatch: pytest.MonkeyPatch, since: timedelta, error: str):
    browser, person, web, database = scene
    token = (await browser.tokens(person.email, web))["refresh_token"]
    await exchange(browser, web, token)
    async with database.arrange() as session:
        used = await session.scalar(select(func.max(RefreshToken.used_at)))

    class Then(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain one, for the database
            return used.astimezone(tz) + since

    monkeypatch.setattr(refreshing, "datetime", Then)
    assert (await exchange(browser, web, token)).get("error", "") == error


async def test_a_late_retry_revokes_the_family(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    tokens = await browser.tokens(person.email, web)
    first = await exchange(browser, web, tokens["refresh_token"])
    await age(database, 11)
    assert (await exchange(browser, web, tokens["refresh_token"]))["error"] == "invalid_grant"
    assert (await exchange(browser, web, first["refresh_token"]))["error"] == "invalid_grant"
    events = await audited(database, "refresh_token:reused")
    assert [(event.subject_id, event.outcome) for event in events] == [(person.id, "refused")]


async def test_reuse_once_the_successor_was_used_revokes_the_family_however_early(
    browser: Browser, person: Person, web: Program
):
    tokens = await browser.tokens(person.email, web)
    first = await exchange(browser, web, tokens["refresh_token"])
    second = await exchange(browser, web, first["refresh_token"])
    assert (await exchange(browser, web, tokens["refresh_token"]))["error"] == "invalid_grant"
    assert (await exchange(browser, web, second["refresh_token"]))["error"] == "invalid_grant"


async def test_no_other_family_ends_with_it_older_or_younger(
    browser: Browser, person: Person, web: Program, public: Program, database: RolledBackDatabase
):
    older, reused, younger = [
        (await browser.tokens(person.email, program, prompt="login"))["refresh_token"] for program in (web, public, web)
    ]
    await exchange(browser, public, reused)
    await age(database, 11)
    assert (await exchange(browser, public, reused))["error"] == "invalid_grant"
    for token in (older, younger):
        assert "refresh_token" in await exchange(browser, web, token)


async def test_another_client_gets_nothing_and_harms_nothing(
    browser: Browser, person: Person, web: Program, public: Program
):
    tokens = await browser.tokens(person.email, web)
    assert (await exchange(browser, public, tokens["refresh_token"]))["error"] == "invalid_grant"
    following = await exchange(browser, web, tokens["refresh_token"])
    assert (await exchange(browser, public, tokens["refresh_token"]))["error"] == "invalid_grant"
    assert "refresh_token" in await exchange(browser, web, following["refresh_token"])


@pytest.mark.parametrize("ending", [disable, end_sessions_of])
@pytest.mark.parametrize("used", [False, True])
async def test_ended_people_and_sessions_are_refused(scene: Scene, ending: Any, used: bool):
    browser, person, web, database = scene
    tokens = await browser.tokens(person.email, web)
    if used:
        await exchange(browser, web, tokens["refresh_token"])
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        await ending(session, person.id)
    assert (await exchange(browser, web, tokens["refresh_token"]))["error"] == "invalid_grant"


@pytest.mark.parametrize("column", ["last_seen_at", "expires_at"])
@pytest.mark.parametrize("used", [False, True])
async def test_a_session_that_ran_out_is_refused(scene: Scene, column: str, used: bool):
    browser, person, web, database = scene
    tokens = await browser.tokens(person.email, web)
    if used:
        await exchange(browser, web, tokens["refresh_token"])
    async with database.arrange() as session:
        earlier = getattr(Session, column) - timedelta(days=40)
        await session.execute(update(Session).values({column: earlier}))
    assert (await exchange(browser, web, tokens["refresh_token"]))["error"] == "invalid_grant"


async def test_a_refresh_counts_as_being_there(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    tokens = await browser.tokens(person.email, web)
    async with database.arrange() as session:
        await session.execute(update(Session).values(last_seen_at=col(Session.last_seen_at) - timedelta(days=2)))
    await exchange(browser, web, tokens["refresh_token"])
    async with database.arrange() as session:
        seen = (await session.scalars(select(Session))).one()
    assert seen.last_seen_at - seen.created_at < timedelta(hours=1)


async def test_fewer_scopes_may_be_asked_for_and_never_more(browser: Browser, person: Person, web: Program):
    tokens = await browser.tokens(person.email, web, scope="openid offline_access portal")
    fewer = await exchange(browser, web, tokens["refresh_token"], scope="portal")
    assert fewer["scope"] == "portal"
    assert payload(fewer["access_token"])["aud"] == ["http://localhost:8080/api/portal"]
    more = await exchange(browser, web, fewer["refresh_token"], scope="portal messaging")
    assert more["error"] == "invalid_scope"
    again = await exchange(browser, web, fewer["refresh_token"])
    assert again["scope"] == "openid offline_access portal"


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "invalid_request"), ("x" * 129, "invalid_request"), ("x" * 128, "invalid_grant"), ("x", "invalid_grant")],
)
async def test_what_cannot_be_one_of_ours_is_malformed_and_any_other_unknown(
    browser: Browser, web: Program, token: str, error: str
):
    assert (await exchange(browser, web, token))["error"] == error


async def test_single_use_values_serve_one_purpose(browser: Browser, person: Person, web: Program):
    code = await browser.code(person.email, web)
    cookie = browser.client.cookies["auth"]
    for value in (code, cookie):
        assert (await exchange(browser, web, value))["error"] == "invalid_grant"
    tokens = (await browser.client.post("/auth/token", data=web.code_form(code))).json()
    for value in (tokens["refresh_token"], cookie):
        redeemed = await browser.client.post("/auth/token", data=web.code_form(value))
        assert redeemed.json()["error"] == "invalid_grant"
    browser.client.cookies.set("auth", tokens["refresh_token"], domain="localhost.local", path="/")
    answer = await browser.client.get("/auth/authorize", params=web.request(prompt="none"))
    assert "login_required" in answer.headers["location"]


@pytest.mark.timeout(PATIENCE)
async def test_of_twenty_at_once_one_exchanges_and_all_get_the_same(
    committed_app: FastAPI, committed_superuser: Database, record_property: Callable[[str, object], None]
):
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
        program = await Program(f"racing-{new_id().hex}").register(session)
    async with open_browser(committed_app) as client:
        browser = Browser(client)
        token = (await browser.tokens(person.email, program))["refresh_token"]
        for _ in range(RACES):
            answers = await asyncio.gather(*(exchange(browser, program, token) for _ in range(AT_ONCE)))
            successors = {answer.get("refresh_token") for answer in answers}
            assert len(successors) == 1, answers
            token = str(successors.pop())
    async with committed_superuser.sessions() as session:
        family = select(col(Authorization.id)).where(col(Authorization.person_id) == person.id)
        count = select(func.count()).where(col(RefreshToken.authorization_id).in_(family))
        assert await session.scalar(count) == 1 + RACES
    record_property("counted", f"races of refresh tokens: {RACES} rounds of {AT_ONCE}, one exchange each")


async def test_a_stolen_token_in_a_race_with_its_owner_ends_the_family(
    committed_app: FastAPI, committed_superuser: Database
):
    """The thief exchanges first; the owner's late use of the same token is seen as what it is."""
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
        program = await Program(f"racing-{new_id().hex}").register(session)
    async with open_browser(committed_app) as client:
        browser = Browser(client)
        token = (await browser.tokens(person.email, program))["refresh_token"]
        thief = await exchange(browser, program, token)
        deeper = await exchange(browser, program, thief["refresh_token"])
        owners = await asyncio.gather(*(exchange(browser, program, token) for _ in range(AT_ONCE)))
        assert {answer["error"] for answer in owners} == {"invalid_grant"}
        assert (await exchange(browser, program, deeper["refresh_token"]))["error"] == "invalid_grant"
