"""How a session ends: by itself, by signing out, by auth; and what must survive it."""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from afterglow_auth.oauth.refresh import RETRY_WITHIN
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL, Person
from afterglow_web.base import AuditEvent
from afterglow_web.session.models import KeptForm, WebSession, now
from afterglow_web.session.provider import SOON
from fastapi import FastAPI
from sqlalchemy import select, update
from sqlmodel import col

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_auth import FakeAuth
from tests.web.fake_portal import FakePortal

Output = pytest.CaptureFixture[str]
TYPED = {"mood": "2.5", "note": "Walked along the canal; <i>quiet</i>", "visibility": "only_me", "energy": ""}


async def change(database: RolledBackDatabase, **values: Any) -> None:
    async with database.arrange() as session:
        await session.execute(update(WebSession).values(**values))


async def only_session(database: RolledBackDatabase) -> WebSession:
    async with database.arrange() as session:
        return (await session.execute(select(WebSession))).scalar_one()


def minutes_ago(minutes: float) -> dict[str, Any]:
    return {"last_seen_at": now() - timedelta(minutes=minutes)}


async def test_staff_are_logged_off_when_idle(browser: Browser, admin: Person, database: RolledBackDatabase) -> None:
    await browser.sign_in(admin)
    await change(database, **minutes_ago(14))
    assert (await browser.get("/people")).status_code == 200
    await change(database, **minutes_ago(16))
    answer = await browser.get("/people?q=a")
    assert answer.headers["location"] == "/sign-in?next=%2Fpeople%3Fq%3Da"


async def test_clients_may_rest_longer(browser: Browser, client_person: Person, database: RolledBackDatabase) -> None:
    await browser.sign_in(client_person)
    await change(database, **minutes_ago(11 * 60))
    assert (await browser.get("/")).status_code == 200
    await change(database, **minutes_ago(13 * 60))
    assert "signed out after a while" in words(await browser.get("/"))


async def test_absolute_lifetime(browser: Browser, admin: Person, database: RolledBackDatabase) -> None:
    await browser.sign_in(admin)
    await change(database, expires_at=now() - timedelta(seconds=1))
    assert (await browser.get("/people")).status_code == 303


async def test_last_seen_is_written_at_most_once_a_minute(
    browser: Browser, admin: Person, database: RolledBackDatabase
) -> None:
    await browser.sign_in(admin)
    before = (await only_session(database)).last_seen_at
    await browser.get("/people")
    assert (await only_session(database)).last_seen_at == before
    await change(database, **minutes_ago(2))
    await browser.get("/people")
    assert (await only_session(database)).last_seen_at >= before


async def test_sign_out(browser: Browser, admin: Person, database: RolledBackDatabase) -> None:
    await browser.open_signed_in(admin, "/people")
    cookie = browser.cookie
    answer = await browser.post("/sign-out")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{BASE_URL}/auth/sign-out?")
    assert "id_token_hint=" in answer.headers["location"]
    assert [hint in answer.headers["location"] for hint in browser.auth.ended] == [True]
    assert answer.headers["clear-site-data"] == '"cache"'
    assert browser.cookie is None
    assert (await browser.get("/people", cookie=f"web={cookie}")).headers["location"].startswith("/sign-in")
    session = await only_session(database)
    assert session.ended_at
    assert session.access_token is session.refresh_token is session.id_token is None
    async with database.arrange() as work:
        actions = (await work.execute(select(AuditEvent.action).order_by(col(AuditEvent.id)))).scalars().all()
    assert actions == ["session:start", "session:end"]


@pytest.mark.parametrize(("rested", "ended"), [(24 * 60, 1), (1, 0)])
async def test_signing_in_after_a_rest_is_not_one_click(
    browser: Browser, client_person: Person, database: RolledBackDatabase, rested: int, ended: int
) -> None:
    """What is left of the session at auth ends first; without a lapsed session nothing of anybody's ends."""
    await browser.open_signed_in(client_person, "/")
    await change(database, **minutes_ago(rested))
    await browser.get("/sign-in")
    assert len(browser.auth.ended) == ended


async def test_sign_out_does_not_wait_for_auth(browser: Browser, admin: Person, database: RolledBackDatabase) -> None:
    await browser.open_signed_in(admin, "/people")
    browser.auth.down = True
    assert (await browser.post("/sign-out")).status_code == 303
    assert (await only_session(database)).ended_at


async def test_an_expired_token_is_refreshed(
    browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth
) -> None:
    await browser.sign_in(admin)
    await change(database, access_expires_at=now())
    for _ in range(2):
        assert (await browser.get("/people")).status_code == 200
    assert [form["grant_type"] for form in auth.requests] == ["authorization_code", "refresh_token"]
    assert len(set(auth.seen_tokens)) == 1


async def test_a_refused_refresh_ends_the_session(
    browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth
) -> None:
    await browser.sign_in(admin)
    await change(database, access_expires_at=now())
    auth.refuse = True
    assert (await browser.get("/people")).headers["location"] == "/sign-in?next=%2Fpeople"
    session = await only_session(database)
    assert session.ended_at
    assert session.refresh_token is None


async def test_auth_away_while_refreshing_does_not_sign_out(
    browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth
) -> None:
    await browser.sign_in(admin)
    await change(database, access_expires_at=now())
    auth.down = True
    assert (await browser.get("/people")).status_code == 503
    auth.down = False
    assert (await browser.get("/people")).status_code == 200


NOT_ABOUT_THE_GRANT = [
    httpx.Response(401, json={"error": "invalid_client", "error_description": "The client assertion has expired."}),
    httpx.Response(400, json={"error": "invalid_client"}),
    httpx.Response(400, json={"error": "invalid_request"}),
    httpx.Response(400, json={"error": "unauthorized_client"}),
    httpx.Response(400, json={"error": ["invalid_grant"]}),
    httpx.Response(404, text="<h1>Not found</h1>"),
    httpx.Response(404, json={"type": "about:blank", "title": "Not found", "status": 404, "code": "not_found"}),
    httpx.Response(413),
    httpx.Response(429),
    httpx.Response(503),
]


@pytest.mark.parametrize("answer", NOT_ABOUT_THE_GRANT)
async def test_a_refusal_that_is_not_about_the_grant_does_not_sign_out(
    browser: Browser, admin: Person, database: RolledBackDatabase, answer: httpx.Response, capsys: Output
) -> None:
    await browser.sign_in(admin)
    await change(database, access_expires_at=now())
    browser.auth.token_answers = [answer] * 2  # the page asks for what waits, then for itself
    assert (await browser.get("/people")).status_code == 503
    assert f'"status": {answer.status_code}' in capsys.readouterr().out
    assert (await only_session(database)).ended_at is None
    assert (await browser.get("/people")).status_code == 200


@pytest.mark.parametrize("lost", [httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError])
async def test_a_lost_answer_is_asked_for_again_at_once(
    browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth, lost: type[httpx.TransportError]
) -> None:
    """Later it would be a reuse, which ends the session; each time web proves itself anew."""
    await browser.sign_in(admin)
    await change(database, access_expires_at=now())
    auth.token_answers = [lost]
    assert (await browser.get("/people")).status_code == 200
    first, second = auth.requests[1:]
    assert first["refresh_token"] == second["refresh_token"]
    assert first["client_assertion"] != second["client_assertion"]


@pytest.mark.parametrize(("broken", "tries"), [(httpx.ReadTimeout, 2), (httpx.ConnectTimeout, 1)])
async def test_a_refresh_is_not_asked_for_a_third_time(
    browser: Browser, admin: Person, database: RolledBackDatabase, broken: type[httpx.TransportError], tries: int
) -> None:
    await browser.sign_in(admin)
    await change(database, access_expires_at=now())
    browser.auth.token_answers = [broken] * 8
    assert (await browser.get("/people")).status_code == 503
    assert 8 - len(browser.auth.token_answers) == 2 * tries  # the page asks for what waits, then for itself
    assert (await only_session(database)).ended_at is None


async def test_a_code_is_not_tried_twice(browser: Browser, admin: Person, auth: FakeAuth) -> None:
    begun = await browser.get("/sign-in")
    auth.token_answers = [httpx.ReadTimeout]
    assert (await browser.get(auth.authorize(begun.headers["location"], admin))).status_code == 503
    assert len(auth.requests) == 1


def test_two_tries_fit_into_what_auth_allows() -> None:
    """The second must reach auth while it still counts as a retry of the first."""
    assert sum(limit or 0 for limit in (SOON.read, SOON.pool, SOON.connect)) <= RETRY_WITHIN.total_seconds()


async def test_two_tabs_refresh_once(
    make_app: Callable[..., FastAPI],
    committed_database: Database,
    committed_superuser: Database,
    auth: FakeAuth,
) -> None:
    """Both requests find the token expired; one of them asks auth, both get a page."""
    person = Person(role="admin", name="Two Tabs")  # type: ignore[arg-type]  # a StrEnum's value
    browser = Browser(make_app(committed_database), auth)
    await browser.sign_in(person)
    async with committed_superuser.sessions() as work, work.begin():
        mine = col(WebSession.person_id) == person.id
        await work.execute(update(WebSession).where(mine).values(access_expires_at=now()))

    async def slowly() -> None:
        await asyncio.sleep(0.2)

    auth.before_answer = slowly
    answers = await asyncio.gather(*(browser.get("/people") for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert [form["grant_type"] for form in auth.requests].count("refresh_token") == 1
    assert len(set(auth.seen_tokens)) == 1


async def post_and_come_back(browser: Browser, person: Person, check_in: str) -> Any:
    answer = await browser.post("/check-ins", {**TYPED, "id": check_in})
    assert answer.status_code == 303
    location = answer.headers["location"]
    assert location.startswith("/sign-in?next=")
    begun = await browser.get(location)
    finished = await browser.get(browser.auth.authorize(begun.headers["location"], person))
    return await browser.get(finished.headers["location"])


@pytest.mark.parametrize("how", ["idle", "too old", "refused refresh"])
async def test_what_was_typed_survives(
    browser: Browser,
    client_person: Person,
    database: RolledBackDatabase,
    portal: FakePortal,
    how: str,
) -> None:
    await browser.open_signed_in(client_person, "/")
    check_in = str(new_id())
    ends = {
        "idle": minutes_ago(24 * 60),
        "too old": {"expires_at": now()},
        "refused refresh": {"access_expires_at": now()},
    }
    await change(database, **ends[how])
    browser.auth.refresh_tokens.clear()
    page = await post_and_come_back(browser, client_person, check_in)
    assert "What you typed is still here" in words(page)
    values = form_values(page, "check-in")
    assert values["note"] == TYPED["note"]
    assert values["visibility"] == "only_me"
    assert values["id"] == check_in
    assert re.search(r'data-name="mood"[^>]*data-value="2.5"', " ".join(page.text.split()))
    saved = await browser.post("/check-ins", {**values, "mood": "2.5"})
    assert saved.headers["location"] == f"/check-ins?saved=only_me&id={check_in}"
    assert list(portal.check_ins) == [f"check-ins/{check_in}"]
    async with database.arrange() as work:
        assert (await work.execute(select(KeptForm))).first() is None


async def test_what_was_typed_is_sealed_and_only_theirs(
    browser: Browser, client_person: Person, other_client: Person, database: RolledBackDatabase
) -> None:
    await browser.open_signed_in(client_person, "/")
    await change(database, **minutes_ago(24 * 60))
    page = await post_and_come_back(browser, other_client, str(new_id()))
    assert "canal" not in page.text
    async with database.arrange() as work:
        kept = (await work.execute(select(KeptForm))).scalar_one()
    assert b"canal" not in kept.fields
    assert kept.person_id == client_person.id


async def test_a_form_without_its_token_is_not_kept(
    browser: Browser, client_person: Person, database: RolledBackDatabase
) -> None:
    await browser.open_signed_in(client_person, "/")
    await change(database, **minutes_ago(24 * 60))
    answer = await browser.post("/check-ins", {**TYPED, "csrf_token": "x"})
    await told_that_nothing_was_saved(answer, database)


async def test_a_form_after_sign_out_in_another_tab(
    browser: Browser, client_person: Person, database: RolledBackDatabase, portal: FakePortal
) -> None:
    await browser.open_signed_in(client_person, "/")
    token = browser.token
    await browser.post("/sign-out")
    assert browser.cookie is None
    answer = await browser.post("/check-ins", {**TYPED, "id": str(new_id()), "csrf_token": token})
    await told_that_nothing_was_saved(answer, database)
    assert portal.check_ins == {}


async def test_a_form_after_sign_out_and_another_attempt(
    browser: Browser, client_person: Person, database: RolledBackDatabase
) -> None:
    """The cookie then names an attempt, which is no session either."""
    await browser.open_signed_in(client_person, "/")
    await browser.post("/sign-out")
    await browser.get("/sign-in")
    await told_that_nothing_was_saved(await browser.post("/check-ins", TYPED), database)


async def told_that_nothing_was_saved(answer: httpx.Response, database: RolledBackDatabase) -> None:
    assert answer.status_code == 401
    assert "You were signed out before this was saved" in words(answer)
    assert "Nothing was saved" in words(answer)
    assert f"Copy your words before you leave this page: {TYPED['note']}" in words(answer)
    assert "<i>quiet" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert soup(answer).find("a", href="/sign-in") is not None
    async with database.arrange() as work:
        assert (await work.execute(select(KeptForm))).first() is None
