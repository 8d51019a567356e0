"""Quick exit: out at once, whatever state the session is in, and whoever else does not answer."""

import asyncio
from functools import partial

import httpx
import pytest
import pytest_asyncio
from afterglow_design.practice import Practice
from afterglow_foundation import persisting
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_web.base import AuditEvent
from afterglow_web.session import leaving
from afterglow_web.session.models import WebSession
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlmodel import col

from tests.web.browser import Browser, soup
from tests.web.fake_auth import FakeAuth

AWAY = Practice().quick_exit
PAGES = {"client": ["/", "/check-ins", "/welcome", "/help"], "admin": ["/people", "/proposals", "/help"]}


def left(answer: httpx.Response) -> None:
    """The page says nothing and leads away; the browser forgets."""
    assert answer.status_code == 200
    refresh = soup(answer).find("meta", {"http-equiv": "refresh"})
    assert refresh is not None
    assert refresh["content"] == f"0; url={AWAY}"
    assert soup(answer).get_text().split() == ["Client", "portal", "Client", "portal", "Go", "on"]
    assert answer.headers["clear-site-data"] == '"cache"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "web=" in answer.headers["set-cookie"]


async def gone(*_: object) -> None:
    raise OperationalError("", {}, ConnectionRefusedError())


class Later:
    """The time between two tries, which passes when the test says so; `then` happens before try number `at`."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch
        self.passes, self.waits = asyncio.Event(), list[float]()
        self.at, self.then = 0, lambda: None

    async def sleep(self, seconds: float) -> None:
        await self.passes.wait()
        self.waits.append(seconds)
        if len(self.waits) == self.at:
            self.then()

    async def come(self) -> None:
        self.passes.set()
        await asyncio.gather(*persisting.UNDER_WAY)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    made = Later(monkeypatch)
    monkeypatch.setattr(persisting, "sleep", made.sleep)
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def signed_in(browser: Browser, client_person: Person) -> Browser:
    await browser.open_signed_in(client_person, "/")
    return browser


async def sessions(database: RolledBackDatabase) -> list[WebSession]:
    async with database.arrange() as work:
        return list((await work.execute(select(WebSession))).scalars())


@pytest.mark.parametrize("role", ["client", "admin"])
async def test_every_signed_in_page_has_it_first(
    browser: Browser, client_person: Person, admin: Person, role: str
) -> None:
    """Right after the way to the content, so that two presses of Tab reach it."""
    await browser.open_signed_in(client_person if role == "client" else admin)
    for path in PAGES[role]:
        page = soup(await browser.get(path))
        reached = [element for element in page.find_all(["a", "button"]) if element.get("href") != "#"]
        assert [reached[0].get("class"), reached[1].get_text()] == [["skip"], "Leave now"], path
        form = reached[1].find_parent("form")
        assert form is not None
        assert (form["method"], form["action"], form["data-leave"]) == ("post", "/leave", AWAY)


async def test_nobody_who_is_not_signed_in_is_offered_it(browser: Browser) -> None:
    for path in ("/", "/help"):
        assert soup(await browser.get(path)).find("form", class_="leave") is None


async def test_it_ends_the_session_here_and_at_auth(
    browser: Browser, client_person: Person, database: RolledBackDatabase, auth: FakeAuth
) -> None:
    await browser.open_signed_in(client_person, "/")
    left(await browser.post("/leave", {"csrf_token": "an earlier page's"}))
    (session,) = await sessions(database)
    assert session.ended_at
    assert session.access_token is session.refresh_token is session.id_token is None
    assert len(auth.ended) == 1
    assert browser.cookie is None
    async with database.arrange() as work:
        found = await work.execute(select(AuditEvent).order_by(col(AuditEvent.id)))
        kept = [(event.action, event.purpose) for event in found.scalars()]
    assert kept == [("session:start", None), ("session:end", None)]  # as after signing out: it may be read later


async def test_without_a_session_it_leads_away_all_the_same(browser: Browser, auth: FakeAuth) -> None:
    left(await browser.post("/leave"))
    await browser.get("/sign-in")
    left(await browser.post("/leave"))
    assert auth.ended == []


async def test_it_waits_for_nobody_and_auth_is_told_once_it_answers_again(
    signed_in: Browser, database: RolledBackDatabase, auth: FakeAuth, later: Later
) -> None:
    auth.down = True
    left(await signed_in.post("/leave"))
    assert (await sessions(database))[0].ended_at
    assert signed_in.cookie is None
    assert auth.ended == []
    later.at, later.then = 3, partial(setattr, auth, "down", False)
    await later.come()
    assert len(auth.ended) == 1
    assert later.waits == list(persisting.AGAIN_AFTER[:3])


async def test_auth_is_not_told_for_ever(signed_in: Browser, auth: FakeAuth, later: Later) -> None:
    auth.down = True
    left(await signed_in.post("/leave"))
    await later.come()
    assert later.waits == list(persisting.AGAIN_AFTER)


async def test_the_session_here_ends_while_no_key_opens_what_it_keeps(
    signed_in: Browser,
    database: RolledBackDatabase,
    auth: FakeAuth,
    later: Later,
) -> None:
    with later.patch.context() as patched:
        patched.setattr(leaving.Vault, "key_of", gone)
        left(await signed_in.post("/leave"))
    assert (await sessions(database))[0].ended_at
    assert signed_in.cookie is None
    await later.come()
    assert len(auth.ended) == 1


@pytest.mark.parametrize(
    "away", [(leaving.store, "end"), (RolledBackDatabase, "single_statement")], ids=["end", "find"]
)
async def test_while_the_database_is_gone_it_leads_away_and_the_session_ends_after(
    signed_in: Browser,
    database: RolledBackDatabase,
    auth: FakeAuth,
    later: Later,
    away: tuple[object, str],
) -> None:
    with later.patch.context() as patched:
        patched.setattr(*away, gone)
        left(await signed_in.post("/leave"))
    assert (await sessions(database))[0].ended_at is None
    assert signed_in.cookie is None
    await later.come()
    assert (await sessions(database))[0].ended_at
    assert len(auth.ended) == 1


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
async def test_another_site_cannot_sign_anybody_out(
    browser: Browser, client_person: Person, database: RolledBackDatabase, site: str
) -> None:
    await browser.open_signed_in(client_person, "/")
    answer = await browser.post("/leave", sec_fetch_site=site, origin="https://elsewhere.example")
    assert answer.status_code == 403
    assert (await sessions(database))[0].ended_at is None
