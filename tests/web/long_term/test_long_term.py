"""Long-term questions: recorded at the desk, told there with when they are due, and read by the client."""

from datetime import UTC, datetime, timedelta

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.course.test_desk import ADA, HERE, in_care
from tests.web.fake_journal import problem
from tests.web.fake_long_term import check
from tests.web.fake_portal import FakePortal
from tests.web.fake_treatment import course

__all__ = ["in_care"]
FORM = f"{HERE}/long-term"


async def test_recorded(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    """Nothing is chosen beforehand, and nothing taken over from the last time."""
    portal.treatment.courses = [course()]
    portal.long_term.checks = [check()]
    page = await browser.open_signed_in(therapist, FORM)
    assert soup(page).select("input[checked]") == []
    fields = form_values(page, "long-term")
    assert (fields["systolic"], fields["words"].strip()) == ("", "")
    typed = {"asked_on": "2026-03-02", "bladder": "some", "craving": "none", "words": " Twice. ", "systolic": "120"}
    answer = await browser.post(FORM, fields | typed | {"diastolic": "80"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}?saved=long-term")
    body = {"asked_on": "2026-03-02", "bladder": "some", "craving": "none", "cognition": None}
    body |= {"systolic": 120, "diastolic": 80, "words": "Twice."}
    assert portal.long_term.sent == [("PUT", f"long-term-checks/{fields['id']}", body)]
    assert "The answers are saved." in words(await browser.get(answer.headers["location"]))


@pytest.mark.parametrize("field", ["body", "asked_on", "systolic", "words", "craving"])
async def test_what_portal_refuses_is_named_and_kept(
    browser: Browser, therapist: Person, portal: FakePortal, field: str
) -> None:
    page = await browser.open_signed_in(therapist, FORM)
    typed = form_values(page, "long-term") | {"words": "Mine", "systolic": "twelve"}
    portal.long_term.refusal = problem(422, "invalid_input", field)
    refused = await browser.post(FORM, typed)
    assert refused.status_code == 422
    place = "bladder" if field == "body" else field
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == [f"#{place}"]
    again = form_values(refused, "long-term")
    assert (again["words"].strip(), again["systolic"], again["id"]) == ("Mine", "twelve", typed["id"])


async def test_portal_away_keeps_what_was_typed(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    page = await browser.open_signed_in(therapist, FORM)
    portal.long_term.refusal = problem(503, "unavailable")
    refused = await browser.post(FORM, form_values(page, "long-term") | {"words": "Mine"})
    assert refused.status_code == 503
    assert form_values(refused, "long-term")["words"].strip() == "Mine"


async def test_the_course_says_when_it_is_due_and_what_was_answered(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.treatment.courses = [course()]
    page = await browser.open_signed_in(therapist, HERE)
    assert not soup(page).select("#long-term")
    portal.long_term.due_on = "2026-03-01"
    said = " ".join(soup(await browser.get(HERE)).select_one("#long-term").get_text(" ").split())  # type: ignore[union-attr]  # it is there
    assert "due since 1 March 2026" in said
    later = (datetime.now(UTC) + timedelta(days=30)).date()
    portal.long_term.due_on = later.isoformat()
    portal.long_term.checks = [check(), check(asked_on="2025-12-01", bladder="none", systolic=None, outside=[])]
    page = await browser.get(HERE)
    card = soup(page).select_one("#long-term")
    assert card is not None
    said = " ".join(card.get_text(" ").split())
    assert f"Due on {later.day} {later:%B %Y}" in said
    assert "Trouble with the bladder Some Craving for the medicine None Blood pressure 142/88" in said
    assert "Trouble with memory" not in said
    assert "Twice at <night>." in said
    assert card.select(f"a[href='{FORM}']")
    assert {dict(one.url.params).get("client") for one in portal.requests if "long-term" in one.url.path} == {ADA}


async def test_the_client_reads_it_and_is_asked_for_nothing(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    portal.treatment.courses = [course()]
    portal.long_term.due_on = "2026-03-01"
    assert not soup(await browser.open_signed_in(client_person, "/path")).select("#long-term")
    portal.long_term.checks = [check()]
    card = soup(await browser.get("/path")).select_one("#long-term")
    assert card is not None
    assert "142/88" in card.get_text()
    assert "due" not in card.get_text()
    assert card.select("a[href*=long-term]") == []
