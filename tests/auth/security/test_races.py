"""Many at once at one's own account: what may happen once happens once, and one way in always stays."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.audit import AuditEvent, Verb
from afterglow_auth.browser import form_token
from afterglow_auth.digests import Purpose
from afterglow_auth.factors.standing import standing
from afterglow_auth.links.tokens import token_of
from afterglow_auth.passkeys import service as passkeys
from afterglow_auth.security.notices.models import NoticeChange
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import show_factor
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlmodel import col

from tests.auth.arranging import FEWER_ROUNDS, Browser, Program, add_person, open_browser
from tests.auth.authenticators import Authenticator
from tests.auth.security.visiting import START

AT_ONCE = 20


@pytest_asyncio.fixture(loop_scope="session")
async def alone(committed_app: FastAPI, committed_superuser: Database) -> AsyncIterator[tuple[Browser, Person]]:
    """Somebody new in a browser of their own, on a real pool."""
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
        web = await Program(f"web-{new_id().hex}").register(session)
    async with open_browser(committed_app) as client:
        browser = Browser(client)
        await browser.tokens(person.email, web)
        yield browser, person


async def post_at_once(app: FastAPI, browser: Browser, sent: list[tuple[str, dict[str, str]]]) -> list[int]:
    token = form_token(app.state.provider.digests, browser.client.cookies.get("auth") or "")
    answers = await asyncio.gather(
        *(browser.client.post(START + path, data={"csrf_token": token, **fields}) for path, fields in sent)
    )
    return [answer.status_code for answer in answers]


async def test_of_the_last_two_passkeys_removed_at_once_one_stays(
    committed_app: FastAPI, committed_superuser: Database, alone: tuple[Browser, Person]
):
    browser, person = alone
    provider = committed_app.state.provider
    for _ in range(FEWER_ROUNDS):
        async with committed_superuser.sessions() as session, session.begin():
            stored = await session.get_one(Person, person.id)
            for _number in range(2 - (await standing(session, stored)).passkeys):
                options = await passkeys.begin_registration(session, provider, stored, "x")
                await passkeys.finish_registration(
                    session, provider, stored, "x", Authenticator().create(options), "One"
                )
            stored.password_hash = None
            session_id = await session.scalar(select(col(Session.id)).where(col(Session.person_id) == person.id))
            await show_factor(session, session_id, "hwk", "user", "mfa")
            ids = [one.id for one in await passkeys.passkeys_of(session, person.id)]
        sent = [(f"/passkeys/{ids[number % 2]}/removal", {}) for number in range(AT_ONCE)]
        seen = Counter(await post_at_once(committed_app, browser, sent))
        assert seen[303] == 1
        assert set(seen) <= {303, 404, 409}
        async with committed_superuser.sessions() as session:
            assert (await standing(session, person)).passkeys == 1


async def test_a_link_that_is_confirmed_twenty_times_at_once_is_used_once(
    committed_app: FastAPI, committed_superuser: Database, alone: tuple[Browser, Person]
):
    browser, person = alone
    for number in range(FEWER_ROUNDS):
        address = f"safe{number}@example.org"
        assert await post_at_once(committed_app, browser, [("/notices", {"address": address})]) == [303]
        async with committed_superuser.sessions() as session:
            newest = select(NoticeChange).where(col(NoticeChange.person_id) == person.id)
            wish = (await session.scalars(newest.order_by(col(NoticeChange.id).desc()).limit(1))).one()
        token = token_of(committed_app.state.provider.digests, Purpose.notices, wish)
        seen = Counter(await post_at_once(committed_app, browser, [("/notices/confirm", {"token": token})] * AT_ONCE))
        assert seen == {303: 1, 410: AT_ONCE - 1}
        async with committed_superuser.sessions() as session:
            assert (await session.get_one(Person, person.id)).notices_to == address
            confirmed = select(func.count()).where(
                col(AuditEvent.object_id) == wish.id,
                col(AuditEvent.action) == Verb.notices_confirmed,
                col(AuditEvent.outcome) == "success",
            )
            assert await session.scalar(confirmed) == 1


async def test_nothing_is_changed_once_the_account_is_closed(
    committed_app: FastAPI, committed_superuser: Database, alone: tuple[Browser, Person]
):
    """Whichever comes first: after the closing there is no change, and no session that could make one."""
    browser, person = alone

    async def close() -> int:
        async with committed_app.state.provider.database.sessions() as session, session.begin():
            await session.execute(select(func.set_config("app.role", "admin", True)))  # PostgreSQL's
            await disable(session, person.id)
        return 0

    sent = [("/you", {"name": f"Name {number}", "locale": "en", "time_zone": "UTC"}) for number in range(AT_ONCE)]
    await asyncio.gather(close(), post_at_once(committed_app, browser, sent))
    async with committed_superuser.sessions() as session:
        closed = select(col(AuditEvent.at)).where(
            col(AuditEvent.subject_id) == person.id, col(AuditEvent.action) == Verb.person_disabled
        )
        before = (await session.get_one(Person, person.id)).name
        assert await session.scalar(closed)
    assert set(await post_at_once(committed_app, browser, sent)) == {303}
    async with committed_superuser.sessions() as session:
        assert (await session.get_one(Person, person.id)).name == before


async def test_twenty_wishes_at_once_leave_one_link_that_opens(
    committed_app: FastAPI, committed_superuser: Database, alone: tuple[Browser, Person]
):
    browser, person = alone
    sent = [("/notices", {"address": f"place{number}@example.org"}) for number in range(AT_ONCE)]
    seen = Counter(await post_at_once(committed_app, browser, sent))
    assert seen == {303: 5, 429: AT_ONCE - 5}
    async with committed_superuser.sessions() as session:
        opens = select(func.count()).where(
            col(NoticeChange.person_id) == person.id,
            col(NoticeChange.used_at).is_(None),
            col(NoticeChange.withdrawn_at).is_(None),
        )
        assert await session.scalar(opens) == 1
