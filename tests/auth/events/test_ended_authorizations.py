"""What a program was allowed ends at the other services too, however it ends, and at them only while it may matter."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.events.models import EventReceiver, SecurityEvent
from afterglow_auth.oauth.families import end_authorizations
from afterglow_auth.oauth.models import Authorization, RefreshToken
from afterglow_auth.sessions.models import Session
from afterglow_foundation.security_events.events import EventType
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import select, true, update
from sqlmodel import col

from tests.auth.arranging import Program, Scene, payload

Way = Callable[[Scene, str, dict[str, Any]], Awaitable[object]]


@pytest_asyncio.fixture(loop_scope="session")
async def receiver(service: Program, database: RolledBackDatabase, person: Person) -> str:
    """A service that takes part; it arrives after the person."""
    assert person.id
    async with database.arrange() as session:
        session.add(EventReceiver(client_id=service.client_id))
    return service.client_id


async def replay_code(scene: Scene, code: str, _: dict[str, Any]) -> None:
    answer = await scene.browser.client.post("/auth/token", data=scene.web.code_form(code))
    assert answer.json()["error"] == "invalid_grant"


async def reuse_refresh_token(scene: Scene, _: str, tokens: dict[str, Any]) -> None:
    first = await scene.browser.client.post("/auth/token", data=scene.web.refresh_form(tokens["refresh_token"]))
    assert first.status_code == 200
    async with scene.database.arrange() as session:
        earlier = col(RefreshToken.used_at) - timedelta(seconds=11)
        await session.execute(update(RefreshToken).values(used_at=earlier))
    answer = await scene.browser.client.post("/auth/token", data=scene.web.refresh_form(tokens["refresh_token"]))
    assert answer.json()["error"] == "invalid_grant"


async def revoke(scene: Scene, _: str, tokens: dict[str, Any]) -> None:
    form = {"token": tokens["access_token"], **scene.web.proof()}
    for _again in range(2):
        form |= scene.web.proof()
        assert (await scene.browser.client.post("/auth/revoke", data=form)).status_code == 200


async def told(scene: Scene) -> list[SecurityEvent]:
    async with scene.database.arrange() as session:
        kind = col(SecurityEvent.type) == EventType.authorization_revoked
        return list(await session.scalars(select(SecurityEvent).where(kind)))


@pytest.mark.parametrize("way", [replay_code, reuse_refresh_token, revoke])
async def test_the_services_are_told_once_which_tokens_end(scene: Scene, receiver: str, way: Way):
    assert receiver
    code = await scene.browser.code(scene.person.email, scene.web)
    tokens = (await scene.browser.client.post("/auth/token", data=scene.web.code_form(code))).json()
    assert await told(scene) == []
    await way(scene, code, tokens)
    event = (await told(scene))[0]
    named, _, _ = payload(tokens["access_token"])["jti"].partition(".")
    assert len(await told(scene)) == 1
    assert (event.subject_id, event.session_id) == (scene.person.id, None)
    assert event.payload == {"authorization_id": named}


async def end_all(scene: Scene) -> None:
    async with scene.database.arrange() as session:
        await end_authorizations(session, true(), "program disabled")


async def test_of_many_only_those_that_may_have_given_a_living_token_are_told(scene: Scene, receiver: str):
    """A program that many used for years ends with a word about the few who use it now."""
    assert receiver
    await scene.browser.tokens(scene.person.email, scene.web)
    async with scene.database.arrange() as session:
        await session.execute(update(Session).values(last_seen_at=col(Session.last_seen_at) - timedelta(minutes=8)))
    await end_all(scene)
    assert await told(scene) == []
    async with scene.database.arrange() as session:
        ended = (await session.scalars(select(Authorization))).one()
        assert (ended.revoked_because, ended.revoked_at is None) == ("program disabled", False)


async def test_a_receiver_that_begins_finds_it_in_its_snapshot(scene: Scene, service: Program):
    tokens = await scene.browser.tokens(scene.person.email, scene.web)
    await end_all(scene)
    proof = {"grant_type": "client_credentials", **service.proof()}
    own = (await scene.browser.client.post("/auth/token", data=proof)).json()["access_token"]
    headers = {"authorization": f"Bearer {own}"}
    found = (await scene.browser.client.get("/internal/events/snapshot", headers=headers)).json()
    named, _, _ = payload(tokens["access_token"])["jti"].partition(".")
    assert [(one["session_id"], one["person_id"]) for one in found["revoked_sessions"]] == [
        (named, str(scene.person.id))
    ]
