"""Tasks at the therapist's desk: assigned from a dosing session, cancelled, and how often they were done."""

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.course.test_desk import ADA, HERE, in_care
from tests.web.fake_journal import problem
from tests.web.fake_portal import FakePortal
from tests.web.fake_tasks import TASK, day, task
from tests.web.fake_treatment import SESSION, course, session

__all__ = ["in_care"]
ONE = f"{HERE}/sessions/{SESSION}"
FORM = f"{ONE}/tasks/new"
TYPED = {"title": " Stand at the window ", "how": "For a song.\r\nOr two.", "minutes": "10", "days": "4"}


@pytest.fixture(autouse=True)
def held(portal: FakePortal) -> None:
    portal.treatment.courses = [course(sessions=[session(state="ended")])]


async def test_assigning_one(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    page = await browser.open_signed_in(therapist, ONE)
    assert soup(page).select_one(f'a[href="{FORM}"]') is not None
    fields = form_values(await browser.get(FORM), "task")
    assert fields["times_a_day"] == "1"
    answer = await browser.post(FORM, fields | TYPED)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}?done=task")
    body = {"session_id": SESSION, "title": "Stand at the window", "how": "For a song.\nOr two."}
    body |= {"minutes": 10, "times_a_day": 1, "days": 4}
    assert portal.tasks.sent == [("PUT", f"tasks/{fields['id']}", body)]
    assert "The task is assigned." in words(await browser.get(answer.headers["location"]))
    asked = [dict(one.url.params) for one in portal.requests if "/tasks" in one.url.path]
    assert asked == [{"client": ADA}] * len(asked)


async def test_what_is_wrong_is_named_and_nothing_typed_is_lost(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    fields = form_values(await browser.open_signed_in(therapist, FORM), "task")
    portal.tasks.refusal = problem(422, "invalid_input", "title", "minutes", "days", "times_a_day", "how")
    refused = await browser.post(FORM, fields | TYPED | {"minutes": "ten", "title": ""})
    assert refused.status_code == 422
    found = [str(one["href"]) for one in soup(refused).select(".error-summary a")]
    assert found == ["#title", "#minutes", "#days", "#times_a_day", "#how"]
    again = form_values(refused, "task")
    assert (again["minutes"], again["days"], again["id"]) == ("ten", "4", fields["id"])
    for named in found:
        assert soup(refused).select_one(named) is not None


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (409, "too_often", "more than twice a day"),
        (409, "days_over", "would never be due"),
        (409, "session_cancelled", "was cancelled"),
        (503, "unavailable", "Nothing was saved"),
    ],
)
async def test_refusals_keep_the_form(
    *, browser: Browser, therapist: Person, portal: FakePortal, status: int, code: str, said: str
) -> None:
    fields = form_values(await browser.open_signed_in(therapist, FORM), "task")
    portal.tasks.refusal = problem(status, code)
    refused = await browser.post(FORM, fields | TYPED)
    assert refused.status_code == status
    assert said in words(refused)
    assert form_values(refused, "task")["title"].strip() == "Stand at the window"


async def test_what_was_done_is_told_in_figures_and_a_gap_as_one(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.tasks.tasks = [task(by_day=[day(2, 2, 2), day(1, 0, 2), day(0, 1, 2), day(-1, 0, 2)], done=3, due=5)]
    for page in (await browser.open_signed_in(therapist, ONE), await browser.get(HERE)):
        said = words(page)
        for line in ("Stand at the <window>", "3 of 5 done", "not marked", "done 1 of 2 times", "to come"):
            assert line in said
    assert soup(page).select(f'a[href="{ONE}#tasks"]')


async def test_cancelling_one(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    path = f"{ONE}/tasks/{TASK}/cancellation"
    portal.tasks.tasks = [task()]
    page = await browser.open_signed_in(therapist, ONE)
    assert soup(page).select_one(f'form[action="{path}"]') is not None
    answer = await browser.post(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}?done=task-cancelled")
    assert portal.tasks.sent == [("PUT", f"tasks/{TASK}/cancellation", None)]
    portal.tasks.tasks = [task(cancelled_at="2026-03-12T09:00:00Z", done=1, due=2)]
    page = await browser.get(ONE)
    assert soup(page).select_one(f'form[action="{path}"]') is None
    assert "cancelled" in words(page)
    assert "1 of 2 done" in words(page)


async def test_another_kind_of_session_has_none(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.treatment.courses = [course(sessions=[session(kind="integration")])]
    page = await browser.open_signed_in(therapist, ONE)
    assert soup(page).select("#tasks") == []
