"""After saving, and where the portal does not answer: nobody watches around the clock, and whom one reaches instead."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio
from afterglow_design.practice import Practice
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from fastapi import FastAPI

from tests.web.browser import Browser, soup
from tests.web.fake_auth import FakeAuth
from tests.web.fake_journal import entry
from tests.web.fake_portal import FakePortal, check_in

CHECK_IN, ENTRY = f"/check-ins/{check_in()['id']}", f"/journal/{entry()['id']}"
SAVED = ["/check-ins?saved=only_me", f"{CHECK_IN}?changed=true", f"{ENTRY}?saved=therapist"]
SAVED.append(f"{ENTRY}/recording?kept=true")
NUMBER = "tel:+15550100142"


@pytest_asyncio.fixture(loop_scope="session")
async def practised(
    make_app: Callable[..., FastAPI], database: RolledBackDatabase, auth: FakeAuth, portal: FakePortal
) -> AsyncIterator[Browser]:
    """A browser at a practice with a telephone; its client has a check-in and an entry."""
    portal.check_ins[CHECK_IN[1:]] = check_in()
    portal.versions = [check_in()]
    portal.journal.entries[entry()["id"]] = entry()
    opened = Browser(make_app(database, practice=Practice(telephone="+1 555 010-0142")), auth)
    yield opened
    await opened.http.aclose()


@pytest.mark.parametrize("path", SAVED)
async def test_who_saved_reads_that_nobody_watches(practised: Browser, client_person: Person, path: str) -> None:
    page = soup(await practised.open_signed_in(client_person, path))
    notice = page.select_one(".notice-sage")
    assert notice is not None
    assert "Entries are not watched around the clock." in notice.get_text()
    assert [link["href"] for link in notice.select("a")] == ["/help", NUMBER]
    assert "not watched around the clock" in str(notice["data-say"])
    assert page.select("main .crisis")


@pytest.mark.parametrize("path", [path.partition("?")[0] for path in SAVED])
async def test_who_only_looks_does_not(practised: Browser, client_person: Person, path: str) -> None:
    page = soup(await practised.open_signed_in(client_person, path))
    assert "not watched" not in page.select_one("main").get_text()  # type: ignore[union-attr]  # every page has one


async def test_without_a_telephone_help_alone(browser: Browser, client_person: Person) -> None:
    page = soup(await browser.open_signed_in(client_person, "/check-ins?saved=only_me"))
    assert [link["href"] for link in page.select(".notice-sage a")] == ["/help"]


async def test_a_check_in_kept_on_the_phone_is_not_watched_either(practised: Browser, client_person: Person) -> None:
    await practised.open_signed_in(client_person)
    for path in ("/", "/offline/check-in"):
        told = soup(await practised.get(path)).select_one("#told")
        assert told is not None
        assert "not watched around the clock" in told.get_text()
        assert told.select(f"a[href='{NUMBER}']")


async def test_where_the_portal_is_away_its_page_says_whom_to_call(
    practised: Browser, client_person: Person, portal: FakePortal
) -> None:
    await practised.open_signed_in(client_person)
    portal.down = True
    for path in ("/", "/check-ins", "/journal"):
        answer = await practised.get(path)
        assert answer.status_code == 503
        numbers = {str(link["href"]) for link in soup(answer).select("main a")}
        assert {"tel:988", "sms:988", "tel:911", NUMBER} <= numbers


async def test_any_other_problem_leads_to_help(practised: Browser, client_person: Person) -> None:
    await practised.open_signed_in(client_person)
    numbers = [str(link["href"]) for link in soup(await practised.get("/nowhere")).select("main .crisis a")]
    assert numbers == [NUMBER, "/help"]
