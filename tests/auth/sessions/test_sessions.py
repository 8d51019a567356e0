"""Browser sessions: how long they live, for whom."""

from datetime import timedelta

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.sessions.models import Session
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import select, update
from sqlmodel import col

from tests.auth.arranging import Browser, Program, Scene, answered


@pytest.mark.parametrize(
    ("role", "idle", "longest"),
    [("client", timedelta(days=7), timedelta(days=30)), ("therapist", timedelta(minutes=20), timedelta(hours=12))],
)
async def test_sessions_end_after_a_while_and_after_a_pause(
    scene: Scene, staff: dict[str, Person], role: str, idle: timedelta, longest: timedelta
):
    browser, person, web, database = scene
    await browser.tokens({"client": person, **staff}[role].email, web)
    async with database.arrange() as session:
        row = (await session.scalars(select(Session))).one()
    assert timedelta(seconds=row.idle_seconds) == idle
    assert abs(row.expires_at - row.created_at - longest) < timedelta(seconds=5)
    assert await answers_quietly(browser, web)
    await move(database, idle - timedelta(minutes=2))
    assert await answers_quietly(browser, web)  # being there counts
    await move(database, idle - timedelta(minutes=2))
    assert await answers_quietly(browser, web)
    await move(database, idle + timedelta(seconds=1))
    assert not await answers_quietly(browser, web)


async def move(database: RolledBackDatabase, by: timedelta) -> None:
    async with database.arrange() as session:
        await session.execute(update(Session).values(last_seen_at=col(Session.last_seen_at) - by))


async def answers_quietly(browser: Browser, web: Program) -> bool:
    answer = await browser.client.get("/auth/authorize", params=web.request(prompt="none"))
    return "code" in answered(answer)


async def test_nothing_prolongs_the_absolute_limit(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    await browser.tokens(person.email, web)
    async with database.arrange() as session:
        await session.execute(update(Session).values(expires_at=col(Session.last_seen_at)))
    assert not await answers_quietly(browser, web)
