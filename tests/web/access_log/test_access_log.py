"""Who opened what, on the client's page: every part's openings in one order, by their own days, in plain words."""

import re
from typing import Any

import httpx
import pytest
from afterglow_design.languages import LANGUAGES, speaking
from afterglow_foundation.testing.people import Person
from afterglow_messaging.access_log.schemas import KINDS as IN_MESSAGING
from afterglow_portal.access_log.schemas import KINDS as IN_PORTAL
from afterglow_web.access_log import wording
from afterglow_web.access_log.openings import Kind

from tests.web.browser import Browser, soup, words
from tests.web.fake_accounts import FakeAccounts
from tests.web.fake_auth import FakeAuth
from tests.web.fake_messaging import FakeMessaging
from tests.web.fake_portal import FakePortal, problem

ENTRY = "0195e3a0-0000-7000-8000-000000000001"
DOCTOR = "Dr Imani Okafor"


def opening(number: int, **values: Any) -> dict[str, Any]:
    """What portal answers; a greater number is a later one."""
    return {
        "id": f"0195e3a0-{number:04d}-7000-8000-000000000000",
        "at": "2026-03-29T20:10:00Z",
        "actor_id": "0195e3a0-0000-7000-8000-0000000000bb",
        "actor_name": DOCTOR,
        "actor_role": "therapist",
        "action": "client.opened",
        "object_id": None,
        "kind": "record",
        **values,
    }


def told(answer: httpx.Response) -> list[str]:
    return [one.get_text(" ", strip=True) for one in soup(answer).select("li.entry > p:first-child")]


@pytest.fixture
def opened(portal: FakePortal, messaging: FakeMessaging, accounts: FakeAccounts) -> None:
    entry = {"action": "journal_entry.read", "object_id": ENTRY, "day": "2025-11-03", "kind": "journal"}
    covered = {"actor_name": "Dr Tomas Lind", "stood_in": True, "at": "2026-03-28T23:30:00Z"}
    portal.openings = [opening(1, **covered), opening(4, **entry), opening(6, action="of:tomorrow", actor_name=None)]
    messaging.openings = [
        opening(number, action="messages.read", kind="messages", at=f"2026-03-29T20:{number + 10}:00Z")
        for number in (2, 3)
    ]
    accounts.desk.openings = [opening(5, action="person:read", actor_name="Sam Reyes", actor_role="admin")]


@pytest.mark.usefixtures("opened")
async def test_one_plain_sentence_for_each_by_the_clients_own_days(
    browser: Browser, client_person: Person, auth: FakeAuth
) -> None:
    auth.claims["zoneinfo"] = "Europe/London"
    page = await browser.open_signed_in(client_person, "/access-log")
    assert told(page) == [
        "Somebody who treated you looked at something of yours.",
        "Sam Reyes, an admin of the practice, looked at your account.",
        f"{DOCTOR}, your therapist, opened your journal entry of 3 November 2025.",
        f"{DOCTOR}, your therapist, read messages in your conversation.",
        "Dr Tomas Lind, who stood in for your therapist, opened your record.",
    ]
    assert "between 21:12 and 21:13" in words(page)  # summer time begins that night in London
    days = [one.get_text(strip=True) for one in soup(page).select("section.card > h2")]
    assert days[:2] == ["Sunday, 29 March 2026", "Saturday, 28 March 2026"]
    assert soup(page).select_one(f'li a[href="/journal/{ENTRY}"]')
    assert soup(page).select_one('a[href="/auth/security/programs"]')


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    ("kind", "count"), [("journal", 1), ("messages", 1), ("check_ins", 0), ("record", 3), ("of_tomorrow", 5)]
)
async def test_a_kind_is_asked_of_whoever_keeps_it(
    *, browser: Browser, client_person: Person, portal: FakePortal, kind: str, count: int
) -> None:
    page = await browser.open_signed_in(client_person, f"/access-log?kind={kind}")
    assert len(told(page)) == count
    assert ("Nobody else has opened anything of this kind." in words(page)) == (count == 0)
    assert bool(portal.requests) == (kind != "messages")
    chosen = soup(page).select(".periods [aria-current]")
    assert len(chosen) == 1


async def test_pages_follow_each_other_and_lead_back(
    browser: Browser, client_person: Person, portal: FakePortal, messaging: FakeMessaging
) -> None:
    portal.openings = [opening(number, actor_name=f"P{number}") for number in range(0, 120, 2)]
    messaging.openings = [opening(number, actor_name=f"P{number}") for number in range(1, 120, 2)]
    page, seen = await browser.open_signed_in(client_person, "/access-log?kind=record"), []
    while True:
        seen += [int(number) for line in told(page) for number in re.findall(r"P(\d+)", line)]
        more = soup(page).select_one('a[href*="after="]')
        if more is None:
            break
        assert "kind=record" in more["href"]
        page = await browser.get(str(more["href"]))
    assert seen == list(range(119, -1, -1))
    assert soup(page).select_one('a[href="/access-log?kind=record"]')


async def test_nothing_yet_is_said_and_only_where_every_part_answered(
    browser: Browser, client_person: Person, portal: FakePortal, messaging: FakeMessaging
) -> None:
    page = await browser.open_signed_in(client_person, "/access-log")
    assert "Nobody else has opened anything of yours." in words(page)
    messaging.answers["GET", "access-log"] = problem(503, "unavailable")
    portal.answers["GET", "access-log"] = problem(500, "unexpected")
    page = await browser.get("/access-log?after=x")
    assert page.status_code == 200
    assert "does not answer at the moment" in words(page)
    assert "Nobody else" not in words(page)
    portal.answers["GET", "access-log"] = problem(403, "forbidden")
    assert (await browser.get("/access-log")).status_code == 403


async def test_staff_have_no_such_page(
    browser: Browser, other_browser: Browser, therapist: Person, admin: Person, portal: FakePortal
) -> None:
    assert (await browser.open_signed_in(therapist, "/access-log")).status_code == 403
    assert (await other_browser.open_signed_in(admin, "/access-log")).status_code == 403
    assert portal.requests == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verb_of_the_log_has_its_sentence(language: str) -> None:
    kept = {str(action) for kinds in (IN_PORTAL, IN_MESSAGING) for actions in kinds.values() for action in actions}
    assert kept <= wording.WORDS.keys()
    assert {str(kind) for kinds in (IN_PORTAL, IN_MESSAGING) for kind in kinds} == set(Kind)
    with speaking(language):
        for said in (*wording.WORDS.values(), wording.OF_TOMORROW):
            assert (str(said) % {"who": "X"}).startswith("X ")
        for said in wording.OF_A_DAY.values():
            assert "%" not in str(said) % {"who": "X", "day": "1 May"}
