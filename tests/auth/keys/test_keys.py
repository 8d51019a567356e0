"""Signing keys at an admin's desk: listed with how they stand, and rotated without a refused request."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from afterglow_auth.oauth.models import SigningKey
from afterglow_auth.oauth.signing_keys import KEPT_AFTER
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact
from sqlalchemy import func, select, update
from sqlmodel import col

from tests.auth.arranging import FEWER_ROUNDS, Browser, Desk, Program, add_person, audited, open_browser

KEYS = "/signing-keys"


async def states(desk: Desk) -> list[str]:
    return [key["state"] for key in (await desk.get(KEYS))["items"]]


async def pass_time(desk: Desk, database: RolledBackDatabase, by: timedelta) -> None:
    """Let time pass for the keys, here and in what the process remembers."""
    async with database.arrange() as session:
        earlier = {"active_at": col(SigningKey.active_at) - by, "retires_at": col(SigningKey.retires_at) - by}
        await session.execute(update(SigningKey).values(earlier))
    app: FastAPI = desk.client._transport.app  # type: ignore[attr-defined]  # httpx has no way to ask
    app.state.provider.keys.forget()
    for verifier in app.state.own_tokens:
        verifier.keys._fetched_at = verifier.keys._tried_at = -1e6


async def test_a_rotation_is_published_ahead_signs_later_and_overlaps(desk: Desk, database: RolledBackDatabase):
    assert await states(desk) == ["signing"]
    answer = await desk.ask("POST", KEYS)
    assert (answer.status_code, answer.json()["state"]) == (201, "next")
    again = await desk.ask("POST", KEYS)
    assert (again.status_code, again.json()) == (200, answer.json())
    assert await states(desk) == ["next", "signing"]
    await pass_time(desk, database, timedelta(minutes=16))
    assert await states(desk) == ["signing", "retired"]
    await pass_time(desk, database, KEPT_AFTER)
    assert await states(desk) == ["signing", "over"]
    shown = (await desk.get(KEYS))["items"][0]
    assert set(shown) == {"id", "state", "created_at", "active_at", "retires_at", "published_until"}
    (event,) = [event for event in await audited(database, "signing_key:rotated") if event.actor_id]
    assert (event.actor_id, str(event.object_id)) == (desk.person.id, answer.json()["id"])
    assert len(await audited(database, "signing_keys:listed")) == 5


async def test_no_request_is_refused_while_keys_change(
    desk: Desk, other_browser: Browser, person: Any, web: Program, database: RolledBackDatabase
):
    """Tokens of before, during and after are all believed, and published keys hold every one of them."""
    before = await other_browser.tokens(person.email, web)
    await desk.ask("POST", KEYS)
    waiting = await renew(other_browser, web, before["refresh_token"])
    await pass_time(desk, database, timedelta(minutes=16))
    after = await renew(other_browser, web, waiting["refresh_token"])
    named = [key_of(one["access_token"]) for one in (before, waiting, after)]
    assert named[0] == named[1] != named[2]
    published = KeySet.import_key_set((await other_browser.client.get("/auth/jwks")).json())
    for tokens in (before, waiting, after):
        assert jwt.decode(tokens["access_token"], published, algorithms=["ES256"])
        headers = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await other_browser.client.get("/api/accounts/me", headers=headers)).status_code == 200


async def renew(browser: Browser, web: Program, refresh_token: str) -> dict[str, Any]:
    answer = await browser.client.post("/auth/token", data=web.refresh_form(refresh_token))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def key_of(token: str) -> str:
    return str(extract_compact(token.encode()).headers()["kid"])


async def test_of_twenty_rotations_at_once_one_makes_a_key(committed_app: FastAPI, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        admin = await add_person(session, "admin")
        web = await Program(f"web-{new_id().hex}").register(session)
    counted = select(func.count()).select_from(SigningKey)
    async with open_browser(committed_app) as client:
        desk = await Desk.of(Browser(client), admin, web)
        for _ in range(FEWER_ROUNDS):
            async with committed_superuser.sessions() as session, session.begin():
                by = timedelta(minutes=16)
                earlier = {"active_at": col(SigningKey.active_at) - by, "retires_at": col(SigningKey.retires_at) - by}
                await session.execute(update(SigningKey).values(earlier))
                before = await session.scalar(counted) or 0
            answers = await asyncio.gather(*(desk.ask("POST", KEYS) for _ in range(20)))
            assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
            assert len({answer.json()["id"] for answer in answers}) == 1
            async with committed_superuser.sessions() as session:
                assert await session.scalar(counted) == before + 1


@pytest.mark.parametrize("role", ["client", "therapist"])
async def test_nobody_else_sees_or_makes_one(
    other_browser: Browser, web: Program, database: RolledBackDatabase, role: str
):
    async with database.arrange() as session:
        somebody = await add_person(session, role)
    desk = await Desk.of(other_browser, somebody, web)
    assert (await desk.ask("GET", KEYS)).status_code == 403
    assert (await desk.ask("POST", KEYS)).status_code == 403
    assert [event.outcome for event in await audited(database, "signing_keys:rotate")] == ["refused"]
