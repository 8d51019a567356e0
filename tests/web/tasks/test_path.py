"""Tasks as their client sees them: one gesture for each time, and one to take it back."""

from uuid import UUID

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_journal import problem
from tests.web.fake_portal import FakePortal
from tests.web.fake_tasks import MARK, TASK, day, task
from tests.web.fake_treatment import course

MARKS = f"/path/tasks/{TASK}/marks"


@pytest.fixture(autouse=True)
def assigned(portal: FakePortal) -> None:
    portal.treatment.courses = [course()]
    portal.tasks.tasks = [task()]


async def test_marking_one(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    page = await browser.open_signed_in(client_person, "/path")
    assert "your therapist sees what you mark" in words(page)
    forms = soup(page).select(f'form[action="{MARKS}"]')
    filled = [{str(one["name"]): str(one["value"]) for one in form.select("input")} for form in forms]
    assert [(one["done_on"], one["occasion"]) for one in filled] == [("2026-03-11", "1"), ("2026-03-12", "1")]
    assert len({UUID(one["id"]) for one in filled}) == 2
    answer = await browser.post(MARKS, filled[1])
    assert (answer.status_code, answer.headers["location"]) == (303, "/path?done=marked#tasks")
    body = {"done_on": "2026-03-12", "occasion": 1}
    assert portal.tasks.sent == [("PUT", f"tasks/{TASK}/marks/{filled[1]['id']}", body)]
    assert "It is marked as done." in words(await browser.get("/path?done=marked"))


@pytest.mark.parametrize(
    ("status", "code", "done"),
    [
        (409, "already_marked", "marked"),
        (409, "until_morning", "not-marked"),
        (409, "conflict", "not-marked"),
        (422, "invalid_input", "not-marked"),
    ],
)
async def test_what_portal_refuses(
    *, browser: Browser, client_person: Person, portal: FakePortal, status: int, code: str, done: str
) -> None:
    await browser.open_signed_in(client_person, "/path")
    portal.tasks.refusal = problem(status, code)
    answer = await browser.post(MARKS, {"id": MARK, "done_on": "x", "occasion": "y"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/path?done={done}#tasks")


async def test_faults(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    await browser.open_signed_in(client_person, "/path")
    assert (await browser.post(MARKS, {"done_on": "2026-03-12", "occasion": "1"})).status_code == 400
    portal.tasks.refusal = problem(404, "not_found")
    assert (await browser.post(MARKS, {"id": MARK})).status_code == 404
    portal.tasks.refusal = problem(503, "unavailable")
    assert (await browser.post(MARKS, {"id": MARK})).status_code == 503


async def test_taking_it_back(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.tasks.tasks = [task(by_day=[day(0, 1)], done=1)]
    page = await browser.open_signed_in(client_person, "/path")
    back = f"{MARKS}/{MARK}/withdrawal"
    assert soup(page).select_one(f'form[action="{back}"]') is not None
    assert soup(page).select(f'form[action="{MARKS}"]') == []
    answer = await browser.post(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/path?done=taken-back#tasks")
    assert portal.tasks.sent == [("PUT", f"tasks/{TASK}/marks/{MARK}/withdrawal", None)]


async def test_after_a_dose_it_can_wait(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.tasks.tasks = [task(by_day=[day(0)])]
    portal.tasks.marked_again_at = "2026-03-13T06:00:00Z"
    page = await browser.open_signed_in(client_person, "/path")
    assert "After a dose nothing is marked until" in words(page)
    assert soup(page).select(f'form[action="{MARKS}"]') == []


async def test_today_leads_to_it_and_says_no_more(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    page = await browser.open_signed_in(client_person, "/")
    link = soup(page).select_one('.next-steps a[href="/path#tasks"]')
    assert link is not None
    assert "Stand at the <window>" in link.get_text()
    portal.tasks.tasks = [task(by_day=[day(1, may_mark=1), day(0, 1)])]
    assert soup(await browser.get("/")).select('.next-steps a[href="/path#tasks"]') == []
