"""The brief's page: each line says what was counted and leads to its source."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_portal import FakePortal, points, problem
from tests.web.fake_treatment import course, session
from tests.web.therapist.test_caseload import entry

MINUS = "\N{MINUS SIGN}"
ADA = "0195e3a0-0000-7000-8000-0000000000aa"
SESSION = "0195e3a0-0000-7000-8000-0000000000d1"
EARLIER = "0195e3a0-0000-7000-8000-0000000000d2"
ENTRY = "0195e3a0-0000-7000-8000-0000000000e1"
HERE = f"/clients/{ADA}"
PATH = f"{HERE}/brief"


def change(item: str, before: float | None, since: float | None, days: int = 4) -> dict[str, Any]:
    enough = before is not None and since is not None and days > 2
    return {
        "item": item,
        "before": None if before is None else {"mean": before, "days": days},
        "since": None if since is None else {"mean": since, "days": days},
        "change": round((since or 0) - (before or 0), 1) if enough else None,
    }


def brief(**values: Any) -> dict[str, Any]:
    """Everything that a brief can tell."""
    soon = (datetime.now(UTC) + timedelta(days=40)).isoformat()
    given = {"medicine": "Ketamine", "route": "im", "dose_mg": 45, "time_zone": "Europe/London"}
    return {
        "client": {"id": ADA, "name": "Ada Lindqvist"},
        "time_zone": "Europe/London",
        "since": "2026-03-16T15:00:00Z",
        "last_session": {"id": EARLIER, "kind": "dosing", "opened_at": "2026-03-16T15:00:00Z", "time_zone": "UTC"},
        "next_session": {"id": SESSION, "kind": "integration", "state": "planned", "planned_at": soon},
        "curve": {
            "unit": "day",
            "points": points({0: 2.0, 1: 1.0}),
            "marks": [{"date": "2026-03-16", "kind": "dose"}],
            "raised_energy": [],
        },
        "items": [
            change("mood", -1.7, 0.7),
            change("anxiety", 6, 5.2),
            change("energy", None, None),
            change("hope", 2, 3, 1),
        ],
        "check_ins": {"total": 9, "with_note": 3, "unopened": 2},
        "entries": {
            "total": 10,
            "items": [
                {"id": ENTRY, "local_date": "2026-03-20", "phase": "integration", "opened": False},
                {"id": SESSION, "local_date": "2026-03-18", "phase": None, "opened": True},
            ],
        },
        "lines": [{"id": ENTRY, "text": "I waited for you to <b>ask</b>", "pinned_at": "2026-03-20T09:00:00Z"}],
        "doses": [{**given, "session_id": EARLIER, "given_at": "2026-03-16T15:20:00Z"}],
        "latest_dose": {"at": "2026-03-16T15:20:00Z", "time_zone": "Europe/London", "days": 3, "in_window": True},
        "gaps": [{"first": "2026-03-21", "last": "2026-03-24"}],
        "raised_energy": [],
        "tasks": {"done": 5, "due": 7},
        "readiness": {"ticked": 2, "steps": 5, "reasoned": False},
        "long_term_due_on": "2026-03-01",
        **values,
    }


NOTHING = {
    "last_session": None,
    "next_session": None,
    "curve": {"unit": "day", "points": points({}), "marks": [], "raised_energy": []},
    "items": [change("mood", None, None)],
    "check_ins": {"total": 0, "with_note": 0, "unopened": 0},
    "entries": {"total": 0, "items": []},
    "lines": [],
    "doses": [],
    "latest_dose": None,
    "gaps": [],
    "raised_energy": [],
    "tasks": {"done": 0, "due": 0},
    "readiness": None,
    "long_term_due_on": None,
}


def links(page: Any, part: str) -> dict[str, str]:
    """What is said in that part of the page, and where it leads."""
    return {" ".join(one.get_text(" ").split()): one["href"] for one in soup(page).select(f"{part} a")}


async def test_each_line_leads_to_its_source(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.brief = brief()
    page = await browser.open_signed_in(therapist, PATH)
    assert links(page, "#when") == {
        "Integration session": f"{HERE}/course/sessions/{SESSION}",
        "Dosing session": f"{HERE}/course/sessions/{EARLIER}",
        "3 days after the dose of 16 March, within the four days": f"{HERE}/dose-curve",
        "5 of 7 done": f"{HERE}/course#tasks",
        "2 of 5 ticked": f"{HERE}/course/sessions/{SESSION}#readiness",
        "due since 1 March 2026": f"{HERE}/course#long-term",
    }
    assert links(page, "#changed") == {
        "Mood": f"{HERE}/dose-curve?item=mood",
        "Anxiety": f"{HERE}/dose-curve?item=anxiety",
        "Hope": f"{HERE}/dose-curve?item=hope",
        "Mon 16 Mar, 15:20": f"{HERE}/course/sessions/{EARLIER}",
    }
    assert links(page, "#ask") == {
        "The pinned lines": f"{HERE}/agenda",
        "Journal entry of Fri 20 Mar (Afterwards)": f"{HERE}/journal/{ENTRY}",
        "Journal entry of Wed 18 Mar": f"{HERE}/journal/{SESSION}",
        "8 more shared journal entries": f"{HERE}/journal",
        "9 check-ins shared, 3 with a note, 2 not opened yet": f"{HERE}#entries",
        "Nothing shared from Sat 21 Mar to Tue 24 Mar": f"{HERE}#entries",
    }
    said = words(page)
    assert "I waited for you to <b>ask</b>" in said
    assert said.count("not opened yet") == 2
    assert "Ketamine 45 mg into a muscle" in said
    assert "from shared entries" in said
    assert "That you opened this is recorded" in said
    assert soup(page).select_one("#brief-curve") is not None
    assert [one.url.path for one in portal.requests] == ["/api/portal/brief"]


async def test_what_the_items_did(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.brief = brief()
    page = await browser.open_signed_in(therapist, PATH)
    rows = [
        [cell.get_text(" ").strip() for cell in row.select("th, td")]
        for row in soup(page).select("#changed > .table-wrap tbody tr")
    ]
    assert rows == [
        ["Mood", f"{MINUS}1.7 on 4 days", "+0.7 on 4 days", "+2.4"],
        ["Anxiety", "6 on 4 days", "5.2 on 4 days", f"{MINUS}0.8"],
        ["Hope", "2 on one day", "3 on one day", "too few days"],
    ]


async def test_of_somebody_of_whom_there_is_nothing(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.brief = brief(**NOTHING)
    page = await browser.open_signed_in(therapist, PATH)
    said = words(page)
    assert "No session has taken place yet, so this tells of the days since 16 March 2026." in said
    assert "No check-in was shared in these days." in said
    assert "Nothing is pinned, and nothing was shared since then." in said
    assert links(page, "#when") == {"none planned": f"{HERE}/course"}
    assert soup(page).select("#changed table") == []


async def test_a_session_far_back(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.brief = brief(since="2026-03-20T15:00:00Z")
    said = words(await browser.open_signed_in(therapist, PATH))
    assert "The last session lies farther back; this tells of the days since 20 March 2026." in said


async def test_without_a_dose_an_item_leads_to_its_curve(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.brief = brief(latest_dose=None, doses=[])
    page = await browser.open_signed_in(therapist, PATH)
    assert links(page, "#changed")["Mood"] == f"{HERE}#balance"


@pytest.mark.parametrize("status", [404, 503])
async def test_a_refusal_is_passed_on(browser: Browser, therapist: Person, portal: FakePortal, status: int) -> None:
    portal.answers["GET", "brief"] = problem(status, {404: "not_found", 503: "unavailable"}[status])
    await browser.sign_in(therapist)
    assert (await browser.get(PATH)).status_code == status


async def test_portal_away(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    await browser.sign_in(therapist)
    portal.down = True
    assert (await browser.get(PATH)).status_code == 503


async def test_it_is_linked_from_the_record_the_list_and_a_session(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.clients[ADA] = {"id": ADA, "name": "Ada Lindqvist", "time_zone": "UTC", "since": "2026-01-05T00:00:00Z"}
    portal.caseload = [entry()]
    portal.treatment.courses = [course(sessions=[session()])]
    page = await browser.open_signed_in(therapist, HERE)
    assert links(page, ".periods")["Brief"] == PATH
    assert links(await browser.get("/caseload"), "tbody tr")["Brief"] == PATH
    ahead = await browser.get(f"{HERE}/course/sessions/{SESSION}")
    assert links(ahead, "#session")["Brief: what changed, what to ask"] == PATH
    portal.treatment.courses = [course(sessions=[session(state="ended")])]
    assert PATH not in links(await browser.get(f"{HERE}/course/sessions/{SESSION}"), "#session").values()


@pytest.mark.usefixtures("in_spanish")
async def test_in_spanish(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.brief = brief()
    said = words(await browser.open_signed_in(therapist, PATH))
    assert "Nada compartido del sáb 21 mar al mar 24 mar" in said
    assert "3 días después de la dosis del 16 de marzo, dentro de los cuatro días" in said
    assert "9 anotaciones compartidas, 3 con nota, 2 aún sin abrir" in said


async def test_raised_energy_is_a_reason_to_ask_with_its_days(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    days = {"2026-03-26": (3.5, 4.5), "2026-03-27": (4, 1)}
    raised = [{"date": day, "energy": high, "sleep_hours": short} for day, (high, short) in days.items()]
    drawn = brief(**NOTHING)["curve"] | {"raised_energy": [*days]}
    portal.brief = brief(**NOTHING | {"raised_energy": raised, "curve": drawn})
    page = await browser.open_signed_in(therapist, PATH)
    assert links(page, "#ask") == {
        "Thu 26 Mar: energy +3.5 after 4.5 hours of sleep": f"{HERE}?until=2026-03-26#entries",
        "Fri 27 Mar: energy +4 after one hour of sleep": f"{HERE}?until=2026-03-27#entries",
    }
    said = words(page)
    assert "A reason to ask about hypomania or mania, never a diagnosis." in said
    assert "Nothing is pinned" not in said
    portal.brief = brief()
    assert "Raised energy" not in words(await browser.get(PATH))
