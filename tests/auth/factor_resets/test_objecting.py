"""Objecting to a factor reset: by the link in the mail, once, and never by looking."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import AuditEvent
from afterglow_auth.digests import Purpose
from afterglow_auth.factor_resets.models import FactorReset
from afterglow_auth.factor_resets.settling import settle
from afterglow_auth.links.tokens import token_of
from afterglow_auth.sign_in.back_off import FREE_TRIES_OF_AN_ADDRESS
from afterglow_design.testing.page_lint import lint_page
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import func, select, update
from sqlmodel import col

from tests.auth.arranging import (
    ROUNDS,
    Browser,
    Desk,
    Program,
    add_person,
    audited,
    hidden_fields,
    letters,
    open_browser,
)
from tests.auth.factor_resets.arranging import LIFETIMES, Parties, mailed_token, pass_the_day, run_job

PATH = "/auth/objection"


async def look(browser: Browser, token: str, **headers: str) -> httpx.Response:
    answer = await browser.client.get(PATH, params={"token": token}, headers=headers)
    assert lint_page(answer.text, answer.headers) == []
    return answer


async def stop(browser: Browser, token: str) -> httpx.Response:
    hidden = hidden_fields((await look(browser, token)).text)
    answer = await browser.client.post(PATH, data=hidden)
    assert lint_page(answer.text, answer.headers) == []
    return answer


async def test_looking_stops_nothing_and_the_button_does(parties: Parties):
    app, desk, other_browser, person, web, database = parties
    asked = (await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")).json()
    token = await mailed_token(app, database)
    for _ in range(2):
        assert (await look(other_browser, token)).status_code == 200
    assert (await desk.get(f"/people/{person.id}"))["factor_reset"]["state"] == "open"
    stopped = await stop(other_browser, token)
    assert (stopped.status_code, "It was stopped" in stopped.text) == (200, True)
    assert "It was stopped" in (await look(other_browser, token)).text
    await pass_the_day(database, asked["id"])
    shown = await desk.get(f"/people/{person.id}")
    assert (shown["state"], shown["factor_reset"]["state"]) == ("active", "objected")
    assert (await other_browser.sign_in(person.email, web.request())).status_code == 303
    (kept,) = await audited(database, "factor_reset:objected")
    assert (kept.actor_id, kept.subject_id, str(kept.object_id)) == (None, person.id, asked["id"])
    told = [one for one in await letters(app, database) if one.letter == "factor_reset_objected"]
    assert [one.to for one in told] == [desk.person.id]
    assert told[0].mail
    assert person.name not in told[0].mail.text
    assert [one.mail for one in await letters(app, database) if one.letter == "factor_reset_asked"] == [None]


async def test_the_page_speaks_the_accounts_language_whatever_the_browser_prefers(
    app: FastAPI, desk: Desk, other_browser: Browser, person: Person, database: RolledBackDatabase
):
    await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")
    token = await mailed_token(app, database)
    for locale, preferred, heading in (("en", "es-MX", "Did you ask for this?"), ("es", "en", "¿Pidió usted esto?")):
        async with database.arrange() as session:
            await session.execute(update(Person).values(locale=locale))
        assert heading in (await look(other_browser, token, **{"accept-language": preferred})).text


async def test_a_proposal_about_what_was_stopped_is_over(
    app: FastAPI, desk: Desk, other_browser: Browser, staff: dict[str, Person], database: RolledBackDatabase
):
    asked = (await desk.put(f"/people/{staff['therapist'].id}/factor-resets/{new_id()}")).json()
    await stop(other_browser, await mailed_token(app, database))
    await run_job(database, asked["id"])
    ended = await desk.get(f"/proposals/{asked['id']}")
    assert (ended["state"], ended["failed_because"]) == ("failed", "objected")


async def test_what_has_ended_is_said_and_stays(
    app: FastAPI, desk: Desk, other_browser: Browser, person: Person, database: RolledBackDatabase
):
    asked = (await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")).json()
    token = await mailed_token(app, database)
    hidden = hidden_fields((await look(other_browser, token)).text)
    async with database.arrange() as session:
        await session.execute(update(FactorReset).values(carried_out_at=func.now()))
    late = await other_browser.client.post(PATH, data=hidden)
    assert (late.status_code, "It has been done already" in late.text) == (410, True)
    assert (await desk.get(f"/people/{person.id}"))["factor_reset"]["id"] == asked["id"]
    (kept,) = await audited(database, "factor_reset:objected")
    assert (kept.outcome, kept.purpose) == ("refused", "carried_out")


@pytest.mark.parametrize("purpose", [Purpose.reset, Purpose.invitation])
async def test_a_token_of_another_purpose_opens_nothing(parties: Parties, purpose: Purpose):
    app, desk, other_browser, person, _, database = parties
    await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")
    async with database.arrange() as session:
        found = (await session.scalars(select(FactorReset))).one()
    for token in (token_of(app.state.provider.digests, purpose, found), "garbled"):
        assert (await look(other_browser, token)).status_code == 404


async def test_guessing_links_is_slowed_down(other_browser: Browser):
    for _ in range(FREE_TRIES_OF_AN_ADDRESS):
        assert (await look(other_browser, "guessed")).status_code == 404
    slowed = await look(other_browser, "guessed")
    assert slowed.status_code == 429
    assert int(slowed.headers["retry-after"]) > 0


async def test_a_forged_form_stops_nothing(
    app: FastAPI, desk: Desk, other_browser: Browser, person: Person, database: RolledBackDatabase
):
    await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")
    token = await mailed_token(app, database)
    refused = await other_browser.client.post(PATH, data={"token": token, "csrf_token": "forged"})
    assert refused.status_code == 403
    assert (await desk.get(f"/people/{person.id}"))["factor_reset"]["state"] == "open"


async def test_of_an_objection_and_the_carrying_out_at_the_due_moment_one_happens(
    committed_app: FastAPI, committed_superuser: Database, committed: Any
):
    """Ten people press the button while the job comes ten times."""
    worker = Database.connect(committed.urls["auth_worker"], pool_size=4)
    digests = committed_app.state.provider.digests
    async with committed_superuser.sessions() as session, session.begin():
        admin = await add_person(session, "admin")
        web = await Program(f"web-{new_id().hex}").register(session)

    async def come(reset_id: str) -> None:
        async with worker.unit_of_work(RowContext()) as session:
            await settle(session, LIFETIMES, UUID(reset_id))

    ends = set()
    async with open_browser(committed_app) as client:
        desk = await Desk.of(Browser(client), admin, web)
        for number in range(ROUNDS):
            async with committed_superuser.sessions() as session, session.begin():
                person = await add_person(session)
            asked = (await desk.put(f"/people/{person.id}/factor-resets/{new_id()}")).json()
            async with committed_superuser.sessions() as session, session.begin():
                row = await session.get_one(FactorReset, UUID(asked["id"]))
                row.due_at = row.created_at.replace(microsecond=0)
                token = token_of(digests, Purpose.objection, row)
            async with open_browser(committed_app, f"203.0.113.{number}") as visitor:
                hidden = hidden_fields((await visitor.get(PATH, params={"token": token})).text)
                presses = [visitor.post(PATH, data=hidden) for _ in range(10)]
                comings = [come(asked["id"]) for _ in range(10)]
                await asyncio.gather(*[one for pair in zip(comings, presses, strict=True) for one in pair])
            shown = await desk.get(f"/people/{person.id}")
            ends.add(shown["factor_reset"]["state"])
            expected = {"objected": "active", "carried_out": "reset"}[shown["factor_reset"]["state"]]
            assert shown["state"] == expected
            async with committed_superuser.sessions() as session:
                done = select(func.count()).where(
                    col(AuditEvent.object_id) == UUID(asked["id"]),
                    col(AuditEvent.action).in_(["factor_reset:objected", "factor_reset:carried_out"]),
                    col(AuditEvent.outcome) == "success",
                )
                assert await session.scalar(done) == 1
    await worker.close()
    assert ends
