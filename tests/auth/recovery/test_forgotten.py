"""A forgotten password: the same answer and the same work for every address, and a link that alone opens nothing."""

import asyncio
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.links.columns import LinkState
from afterglow_auth.links.doors import RECOVERY
from afterglow_auth.links.tokens import token_of
from afterglow_auth.recovery.models import Recovery
from afterglow_auth.recovery.service import A_DAY, BEGIN_RECOVERY, FREE_MAILS, FRESH, MAILS_A_DAY, begin
from afterglow_auth.sessions.models import Session
from afterglow_auth.sign_in.back_off import FREE_TRIES_OF_AN_ADDRESS
from afterglow_auth.totp.models import TotpSecret
from afterglow_design.testing.page_lint import lint_page
from afterglow_foundation.database import Database
from afterglow_foundation.jobs import Job
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import event, select, update
from sqlmodel import col

from tests.auth.arranging import Browser, Promised, Scene, add_person, audited, letters, open_browser, queued
from tests.auth.sign_in.walking import Factors, Walker, code_of, led_to, path_of, token_in

NEW = "another four words nobody guesses"
CHOSEN = {"choosing": "password", "password": NEW, "repeated": NEW}


@pytest.fixture
def factors(app: FastAPI, database: RolledBackDatabase) -> Factors:
    return Factors(app, database)


async def ask(browser: Browser, email: str) -> Any:
    form = token_in((await browser.client.get("/auth/forgotten")).text)
    answer = await browser.client.post("/auth/forgotten", data={**form, "email": email})
    assert lint_page(answer.text, answer.headers) == []
    return answer


async def work(database: RolledBackDatabase) -> None:
    """Do the jobs that wait, as the worker does."""
    for number, (payload, _) in enumerate(await queued(database, BEGIN_RECOVERY)):
        async with database.as_role("auth_worker"):
            await begin(database, Job(number, BEGIN_RECOVERY, payload, 0))  # type: ignore[arg-type]  # as a database


async def mailed(app: FastAPI, database: RolledBackDatabase) -> list[Promised]:
    return [one for one in await letters(app, database) if one.letter.startswith("forgotten")]


async def ask_again(person: Person, database: RolledBackDatabase) -> None:
    """What a job does, without the back-off on whoever asks."""
    async with database.as_role("auth_worker"):
        await begin(database, Job(0, BEGIN_RECOVERY, {"person": str(person.id)}, 0))  # type: ignore[arg-type]  # as a database


async def let_pass(database: RolledBackDatabase, by: timedelta) -> None:
    async with database.arrange() as session:
        await session.execute(update(Recovery).values(created_at=col(Recovery.created_at) - by))


def token_for(app: FastAPI, link: Recovery) -> str:
    return token_of(app.state.provider.digests, RECOVERY.purpose, link)


def without_tokens(html: str) -> str:
    return re.sub(r"[0-9a-f]{64}", "", html)


async def test_the_same_answer_and_the_same_work_whoever_is_asked_about(
    browser: Browser, person: Person, staff: dict[str, Person], factors: Factors, database: RolledBackDatabase
):
    await factors.add_app(person)
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        await disable(session, staff["therapist"].id)
    statements: list[Counter[str]] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements[-1][re.sub(r"savepoint_\d+", "", statement)] += 1

    connection = (await database.connection.get_raw_connection()) and database.connection.sync_connection
    event.listen(connection, "before_cursor_execute", note)
    answers = []
    try:
        for email in (person.email, "nobody@example.org", staff["therapist"].email, staff["admin"].email):
            form = token_in((await browser.client.get("/auth/forgotten")).text)
            statements.append(Counter())
            answers.append(await browser.client.post("/auth/forgotten", data={**form, "email": email}))
    finally:
        event.remove(connection, "before_cursor_execute", note)
    assert {answer.status_code for answer in answers} == {200}
    assert len({without_tokens(answer.text) for answer in answers}) == 1
    assert sum(statements[0].values()) > 3
    assert all(one == statements[0] for one in statements)
    assert len(await queued(database, BEGIN_RECOVERY)) == 4


async def test_by_mail_and_a_second_factor_to_another_password(
    app: FastAPI, browser: Browser, person: Person, factors: Factors, database: RolledBackDatabase
):
    secret = await factors.add_app(person)
    await factors.add_codes(person)
    await ask(browser, person.email.upper())
    await work(database)
    (letter,) = await mailed(app, database)
    assert letter.mail
    assert (letter.letter, letter.mail.to) == ("forgotten", person.email)
    link = str(re.search(r"http://localhost:8080(/auth/recovery\?token=\S+)", letter.mail.text)[1])  # type: ignore[index]  # the test fails where there is none
    walker, token = Walker(browser), {"token": link.rpartition("=")[2]}
    page = await walker.get(link)
    assert (await walker.send(RECOVERY.path, page.text, **token, **CHOSEN)).status_code == 422
    wrong = await walker.send(RECOVERY.path, page.text, **token, **CHOSEN, code="000000")
    assert wrong.status_code == 422
    done = await walker.send(RECOVERY.path, page.text, **token, **CHOSEN, code=code_of(secret))
    assert led_to(done) == "/sign-in"
    async with database.arrange() as session:
        (made,) = (await session.scalars(select(Session))).all()
    assert (made.person_id, made.amr) == (person.id, ["pwd", "otp", "mfa"])
    (used,) = await audited(database, "recovery:used")
    assert (used.subject_id, used.outcome) == (person.id, "success")
    over = await walker.get(link)
    assert over.status_code == 410
    assert "has been used" in over.text


async def test_another_password_ends_whatever_began_with_the_earlier_one(
    app: FastAPI, scene: Scene, other_browser: Browser, factors: Factors
):
    browser, person, web, database = scene
    tokens = await other_browser.tokens(person.email, web)
    secret = await factors.add_app(person)
    await factors.add_codes(person)
    async with open_browser(app) as client:
        halfway = Walker(Browser(client))
        assert led_to(await halfway.browser.sign_in(person.email, web.request())) == path_of("second")
        await ask(browser, person.email)
        await work(database)
        (letter,) = await mailed(app, database)
        assert letter.mail
        link = str(re.search(r"http://localhost:8080(/auth/recovery\?token=\S+)", letter.mail.text)[1])  # type: ignore[index]  # the test fails where there is none
        walker = Walker(browser)
        page, token = await walker.get(link), {"token": link.rpartition("=")[2]}
        assert (
            led_to(await walker.send(RECOVERY.path, page.text, **token, **CHOSEN, code=code_of(secret))) == "/sign-in"
        )
        assert led_to(await halfway.get(path_of("second"))) == "/auth/sign-in"
    assert led_to(await other_browser.client.get("/auth/security")) == "/auth/sign-in"
    refused = await other_browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert (await browser.client.get("/auth/security")).status_code == 200


async def test_without_a_second_factor_the_mail_says_whom_to_call(
    app: FastAPI, browser: Browser, person: Person, database: RolledBackDatabase
):
    await ask(browser, person.email)
    await work(database)
    (letter,) = await mailed(app, database)
    assert letter.mail
    assert letter.letter == "forgotten_call"
    assert "token" not in letter.mail.text
    assert "call the practice" in letter.mail.text
    async with database.arrange() as session:
        assert [link.state for link in await session.scalars(select(Recovery))] == ["withdrawn"]
    (asked,) = await audited(database, "recovery:asked")
    assert (asked.subject_id, asked.outcome) == (person.id, "success")


async def test_nobody_is_written_to_where_there_is_nobody_or_the_account_is_closed(
    app: FastAPI, browser: Browser, person: Person, database: RolledBackDatabase
):
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        await disable(session, person.id)
    for email in ("nobody@example.org", person.email):
        await ask(browser, email)
    await work(database)
    assert await mailed(app, database) == []
    assert await audited(database, "recovery:asked") == []


async def test_only_the_newest_link_opens_and_only_for_a_while(
    app: FastAPI, browser: Browser, person: Person, factors: Factors, database: RolledBackDatabase
):
    await factors.add_app(person)
    await ask(browser, person.email)
    await work(database)
    await let_pass(database, FRESH)
    await ask_again(person, database)
    async with database.arrange() as session:
        links = (await session.scalars(select(Recovery).order_by(col(Recovery.id)))).all()
        assert [link.state for link in links] == ["withdrawn", "open"]
        assert abs((links[1].expires_at - links[1].created_at - timedelta(minutes=30)).total_seconds()) < 2
    first, second = await mailed(app, database)
    assert first.mail is None
    assert second.mail
    async with database.arrange() as session:
        (link,) = await session.scalars(select(Recovery).where(col(Recovery.withdrawn_at).is_(None)))
        link.expires_at -= timedelta(hours=1)
    late = await browser.client.get(f"{RECOVERY.path}?token={token_for(app, link)}")
    assert late.status_code == 410
    assert 'href="/auth/forgotten"' in late.text


async def test_a_fresh_open_link_stays_and_nobody_is_written_to_again(
    app: FastAPI, browser: Browser, person: Person, factors: Factors, database: RolledBackDatabase
):
    await factors.add_app(person)
    answers = [await ask(browser, person.email) for _ in range(FREE_MAILS)]
    assert len({without_tokens(answer.text) for answer in answers}) == 1
    await work(database)
    (letter,) = await mailed(app, database)
    assert letter.mail
    async with database.arrange() as session:
        (link,) = await session.scalars(select(Recovery))
    assert (await browser.client.get(f"{RECOVERY.path}?token={token_for(app, link)}")).status_code == 200
    seen = [(event.subject_id, event.purpose, event.outcome) for event in await audited(database, "recovery:asked")]
    assert seen == [(person.id, None, "success"), (person.id, "link_open", "refused")]


@pytest.mark.parametrize("over", ["used_at", "withdrawn_at", "expires_at"])
async def test_a_fresh_link_that_is_over_keeps_nobody_from_another(
    app: FastAPI, person: Person, factors: Factors, database: RolledBackDatabase, over: str
):
    await factors.add_app(person)
    await ask_again(person, database)
    async with database.arrange() as session:
        await session.execute(update(Recovery).values({over: datetime.now(UTC)}))
    await ask_again(person, database)
    assert len(await mailed(app, database)) == 2


@pytest.mark.parametrize("has_second", [True, False], ids=["link", "call"])
async def test_an_account_gets_so_many_mails_a_day_and_no_more(
    app: FastAPI, person: Person, factors: Factors, database: RolledBackDatabase, has_second: bool
):
    if has_second:
        await factors.add_app(person)
    for _ in range(MAILS_A_DAY + 2):
        await ask_again(person, database)
        await let_pass(database, FRESH)
    assert len(await mailed(app, database)) == MAILS_A_DAY
    refused = [event for event in await audited(database, "recovery:asked") if event.outcome == "refused"]
    assert [event.purpose for event in refused] == ["too_many"] * 2
    await let_pass(database, A_DAY - 7 * FRESH)
    await ask_again(person, database)
    assert len(await mailed(app, database)) == MAILS_A_DAY + 1


async def test_the_last_link_of_a_day_works_until_there_may_be_another(
    person: Person, factors: Factors, database: RolledBackDatabase
):
    """Else whoever knows the address could keep its owner out by asking five times."""
    await factors.add_app(person)
    for _ in range(MAILS_A_DAY):
        await let_pass(database, FRESH)
        await ask_again(person, database)
    async with database.arrange() as session:
        made = (await session.scalars(select(Recovery).order_by(col(Recovery.created_at)))).all()
    assert max(link.expires_at for link in made[:-1]) < datetime.now(UTC) + timedelta(minutes=30)
    assert made[-1].expires_at == made[0].created_at + A_DAY
    assert made[-1].state == LinkState.open


async def test_of_twenty_jobs_at_once_one_makes_a_link(committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
        session.add(TotpSecret(person_id=person.id, key_version=1, sealed=b"", confirmed_at=datetime.now(UTC)))
    job = Job(0, BEGIN_RECOVERY, {"person": str(person.id)}, 0)
    await asyncio.gather(*(begin(committed_superuser, job) for _ in range(20)))
    async with committed_superuser.sessions() as session:
        links = (await session.scalars(select(Recovery).where(col(Recovery.person_id) == person.id))).all()
    assert [link.state for link in links] == ["open"]


async def test_one_address_is_not_written_to_over_and_over(
    browser: Browser, person: Person, database: RolledBackDatabase
):
    answers = [await ask(browser, person.email) for _ in range(6)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({without_tokens(answer.text) for answer in answers}) == 1
    assert len(await queued(database, BEGIN_RECOVERY)) == FREE_MAILS


async def test_one_network_does_not_ask_about_everybody(browser: Browser, database: RolledBackDatabase):
    answers = [(await ask(browser, f"{number}@example.org")).status_code for number in range(22)]
    assert answers == [200] * FREE_TRIES_OF_AN_ADDRESS + [429] * 2
    assert len(await queued(database, BEGIN_RECOVERY)) == FREE_TRIES_OF_AN_ADDRESS


@pytest.mark.parametrize("email", ["", " ", "x" * 400])
async def test_an_address_is_needed(browser: Browser, database: RolledBackDatabase, email: str):
    answer = await ask(browser, email)
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert await queued(database, BEGIN_RECOVERY) == []


async def test_a_forged_form_asks_for_nothing(browser: Browser, person: Person, database: RolledBackDatabase):
    form = token_in((await browser.client.get("/auth/forgotten")).text)
    for fields, headers in (({"csrf_token": "0" * 64}, {}), ({}, {"origin": "https://evil.example"})):
        sent = {**form, "email": person.email, **fields}
        answer = await browser.client.post("/auth/forgotten", data=sent, headers=headers)
        assert (answer.status_code, answer.headers["location"]) == (303, "/auth/forgotten")
    assert await queued(database, BEGIN_RECOVERY) == []


async def test_the_host_header_builds_no_link(
    app: FastAPI, browser: Browser, person: Person, factors: Factors, database: RolledBackDatabase
):
    await factors.add_app(person)
    poisoned = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    form = token_in((await browser.client.get("/auth/forgotten")).text)
    await browser.client.post("/auth/forgotten", data={**form, "email": person.email}, headers=poisoned)
    await work(database)
    (letter,) = await mailed(app, database)
    assert letter.mail
    assert "http://localhost:8080/auth/recovery" in letter.mail.text
    assert "evil" not in letter.mail.text
