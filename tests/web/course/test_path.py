"""My path: the client's own plan, sessions and doses, and the next session on Today."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from afterglow_design.dates import long_moment
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_journal import THERAPIST
from tests.web.fake_portal import FakePortal
from tests.web.fake_treatment import administration, ahead, course, session

LATER = "0195e3a0-0000-7000-8000-0000000000d2"


def a_course() -> dict[str, Any]:
    moved = {"kind": "dosing", "state": "planned", "planned_at": "2026-03-10T11:00:00+00:00", "version": 1}
    before = [moved | {"time_zone": "Europe/London", "reason": "", "made_at": "2026-03-01T09:00:00+00:00"}]
    then = [
        session(state="ended", before=before, version=4, reason="A cold"),
        session(id=LATER, kind="integration", planned_at=ahead(2)),
    ]
    return course(sessions=then, administrations=[administration()])


async def test_plan_sessions_and_doses(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.treatment.courses = [a_course()]
    page = await browser.open_signed_in(client_person, "/path")
    said = words(page)
    for line in (
        "I keep out of the <kitchen>.",
        "To stay for a song",
        "6 doses, 3 days apart",
        "Asked in check-ins besides: Hope",
        "EMDR The door did not.",
        "High blood pressure that is not under control",
        "Something rare",
        "Kept by Dr Falk, last changed on 2 March 2026.",
    ):
        assert line in said
    (coming,) = soup(page).select("#to-come li.entry")
    assert "Integration session" in coming.get_text()
    (held,) = soup(page).select("#so-far li.entry")
    (about,) = held.select("a[href^='/messages?about=/path%23session-']")
    assert str(held["id"]) in str(about["href"]), "the address that a message refers to it by"
    about.decompose()
    text = " ".join(held.get_text(" ").split())
    assert text == (
        "Tue 10 Mar, 15:00 took place Dosing session Moved from Tue 10 Mar, 11:00: A cold"
        " 15:20 \N{MIDDLE DOT} Ketamine 45 mg into a muscle (0.63 mg/kg)"
    )
    assert not soup(page).select("main form")
    assert [str(one.url.params) for one in portal.requests if one.url.path.endswith("courses")] == [""]


@pytest.mark.parametrize(("writer", "named"), [("Dr Gone", "Dr Gone"), ("", "somebody at the practice")])
async def test_a_plan_names_who_began_it_and_who_changed_it(
    browser: Browser, client_person: Person, portal: FakePortal, writer: str, named: str
) -> None:
    gone = {"id": "0195e3a0-0000-7000-8000-0000000000bc", "name": writer}
    changed = {"edited_by": THERAPIST, "edited_at": "2026-03-11T09:00:00+00:00"}
    portal.treatment.courses = [course(made_by=gone, **changed)]
    page = await browser.open_signed_in(client_person, "/path")
    assert f"Begun by {named}, last changed by Dr Falk on 11 March 2026." in words(page)


async def test_what_they_wrote_about_a_session_is_one_step_away(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    thread = "0195e3a0-0000-7000-8000-0000000000f1"
    portal.treatment.courses = [course(sessions=[session(thread=thread), session(id=LATER)])]
    page = await browser.open_signed_in(client_person, "/path")
    assert len(soup(page).select(f"li.entry a[href='/journal/{thread}']")) == 1
    assert len(soup(page).select("li.entry a[href^='/journal/']")) == 1


async def test_no_course_promises_nothing(browser: Browser, client_person: Person) -> None:
    page = await browser.open_signed_in(client_person, "/path")
    assert "When your therapist writes a plan with you" in words(page)
    assert not soup(page).select("#plan, #to-come, #so-far")


async def test_an_earlier_course_stays(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    old = course(id=LATER, started_on="2024-01-01", ended_on="2024-06-01", sessions=[session(state="ended")])
    portal.treatment.courses = [course(), old]
    said = words(await browser.open_signed_in(client_person, "/path"))
    assert "From 1 January 2024 to 1 June 2024" in said
    assert "There was none yet." in said


async def test_today_has_the_next_session(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    when = ahead(2)
    portal.treatment.courses = [course(sessions=[session(planned_at=ahead(9)), session(id=LATER, planned_at=when)])]
    page = await browser.open_signed_in(client_person, "/")
    link = soup(page).select_one('.next-steps a[href="/path"]')
    assert link is not None
    written = long_moment(datetime.fromisoformat(when), str(ZoneInfo("Europe/London")))
    assert " ".join(link.get_text(" ").split()) == f"{written} Dosing session"


async def test_today_without_a_next_session_says_nothing_of_it(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    portal.treatment.courses = [course(sessions=[session(state="ended"), session(id=LATER, state="cancelled")])]
    page = await browser.open_signed_in(client_person, "/")
    assert not soup(page).select('.next-steps a[href="/path"]')
    portal.treatment.refuse("GET", "next-session", 503, "unavailable")
    assert (await browser.get("/")).status_code == 200


@pytest.mark.usefixtures("in_spanish")
async def test_in_spanish(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.treatment.courses = [a_course()]
    said = words(await browser.open_signed_in(client_person, "/path"))
    assert "Por qu\u00e9 vino, en sus palabras" in said
    assert "Ketamine 45 mg en un m\u00fasculo (0.63 mg/kg)" in said


async def test_a_portal_that_is_away(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    await browser.sign_in(client_person)
    portal.treatment.refuse("GET", "courses", 503, "unavailable")
    assert (await browser.get("/path")).status_code == 503


async def test_what_is_watched_is_said_in_kind_words(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    portal.treatment.courses = [course(items=["sleep_hours"])]
    page = await browser.open_signed_in(client_person, "/path")
    assert "looks out for" not in words(page)
    portal.treatment.courses = [course(items=["sleep_hours"], watch_energy=True)]
    said = words(await browser.get("/path"))
    assert "In the check-ins you share, your therapist looks out for several days of much energy" in said
    assert "It is not a diagnosis." in said
    assert "mania" not in said
