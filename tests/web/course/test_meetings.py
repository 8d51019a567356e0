"""Sessions at the therapist's desk: planned, moved, cancelled, opened, ended, and what was given in them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.course.test_desk import HERE, in_care
from tests.web.fake_portal import FakePortal
from tests.web.fake_treatment import COURSE, MOMENT, SESSION, administration, course, session

__all__ = ["in_care"]
ONE = f"{HERE}/sessions/{SESSION}"


def one_session(portal: FakePortal, *given: dict[str, Any], **values: Any) -> None:
    portal.treatment.courses = [course(sessions=[session(**values)], administrations=list(given))]


async def test_a_session_is_planned_on_the_clients_clock(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.treatment.courses = [course()]
    page = await browser.open_signed_in(therapist, f"{HERE}/sessions/new")
    assert "On the client\u2019s clock, New York." in words(page)
    fields = form_values(page, "session") | {"kind": "dosing", "planned_at": "2026-07-04T10:30"}
    for _ in range(2):
        answer = await browser.post(f"{HERE}/sessions/new", fields)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}?saved=planned")
    assert portal.treatment.sent[0] == portal.treatment.sent[1]
    (method, path, body) = portal.treatment.sent[0]
    assert (method, path) == ("PUT", f"courses/{COURSE}/sessions/{fields['id']}")
    assert body == {
        "kind": "dosing",
        "planned_at": "2026-07-04T14:30:00+00:00",
        "time_zone": "America/New_York",
        "thread": None,
    }


@pytest.mark.parametrize("typed", ["", "soon", "2026-03-08T02:30"], ids=["nothing", "no time", "a skipped hour"])
async def test_an_hour_that_is_none_goes_on_as_typed_and_is_named(
    browser: Browser, therapist: Person, portal: FakePortal, typed: str
) -> None:
    portal.treatment.courses = [course()]
    page = await browser.open_signed_in(therapist, f"{HERE}/sessions/new")
    fields = form_values(page, "session") | {"kind": "dosing", "planned_at": typed}
    portal.treatment.refuse("PUT", fields["id"], 422, "invalid_input", "planned_at", "kind")
    refused = await browser.post(f"{HERE}/sessions/new", fields)
    assert refused.status_code == 422
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == ["#planned_at", "#kind"]
    assert form_values(refused, "session")["planned_at"] == typed
    assert form_values(refused, "session")["kind"] == "dosing"


async def test_without_a_course_nothing_is_planned(browser: Browser, therapist: Person) -> None:
    page = await browser.open_signed_in(therapist, f"{HERE}/sessions/new")
    answer = await browser.post(f"{HERE}/sessions/new", form_values(page, "session"))
    assert answer.status_code == 404


async def test_a_session_with_its_history(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    then = {"kind": "dosing", "time_zone": "Europe/London", "made_at": MOMENT}
    before = [
        {**then, "state": "planned", "planned_at": "2026-03-10T15:00:00+00:00"},
        {**then, "state": "planned", "planned_at": "2026-03-11T15:00:00+00:00"},
    ]
    one_session(portal, state="cancelled", planned_at="2026-03-11T15:00:00+00:00", before=before)
    page = await browser.open_signed_in(therapist, ONE)
    history = [" ".join(one.p.get_text(" ").split()) for one in soup(page).select("#history li")]  # type: ignore[union-attr]  # each has one
    assert history == ["Planned for Tue 10 Mar, 11:00", "Moved to Wed 11 Mar, 11:00", "Cancelled"]
    assert "Wed 11 Mar, 15:00 on yours" in words(page)
    assert not soup(page).select("main form")


async def test_moving(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    thread = "0195e3a0-0000-7000-8000-0000000000f1"
    one_session(portal, version=2, time_zone="America/New_York", thread=thread)
    page = await browser.open_signed_in(therapist, f"{ONE}/time")
    fields = form_values(page, "session")
    assert (fields["planned_at"], fields["kind"]) == ("2026-03-10T11:00", "dosing")
    answer = await browser.post(f"{ONE}/time", fields | {"planned_at": "2026-03-12T09:00"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}?done=moved")
    (_method, path, body) = portal.treatment.sent[0]
    assert path == f"courses/sessions/{SESSION}/changes"
    assert (body["change_id"], body["base_version"], body["thread"]) == (fields["id"], 2, thread)
    assert body["planned_at"] == "2026-03-12T13:00:00+00:00"
    assert "What it was before stays" in words(await browser.get(answer.headers["location"]))


@pytest.mark.parametrize("code", ["session_changed", "not_planned", "conflict"])
async def test_a_move_that_came_too_late_keeps_what_was_typed(
    browser: Browser, therapist: Person, portal: FakePortal, code: str
) -> None:
    one_session(portal, time_zone="America/New_York")
    page = await browser.open_signed_in(therapist, f"{ONE}/time")
    fields = form_values(page, "session") | {"planned_at": "2026-03-12T09:00"}
    one_session(portal, time_zone="America/New_York", version=5)
    portal.treatment.refuse("POST", "changes", 409, code)
    refused = await browser.post(f"{ONE}/time", fields)
    assert refused.status_code == 409
    again = form_values(refused, "session")
    assert again["planned_at"] == "2026-03-12T09:00"
    assert again["base_version"] == ("5" if code == "session_changed" else "1")
    assert (again["id"] == fields["id"]) is (code == "not_planned")


@pytest.mark.parametrize(
    ("act", "state", "button"),
    [("opening", "planned", "Open the session"), ("ending", "open", "End the session")],
)
async def test_a_session_goes_on(
    *, browser: Browser, therapist: Person, portal: FakePortal, act: str, state: str, button: str
) -> None:
    one_session(portal, state=state, opened_at=None if state == "planned" else MOMENT)
    page = await browser.open_signed_in(therapist, ONE)
    form = soup(page).select_one(f'form[action="{ONE}/{act}"]')
    assert form is not None
    assert button in form.get_text()
    answer = await browser.post(f"{ONE}/{act}", {})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}?done={act}")
    assert portal.treatment.sent == [("PUT", f"courses/sessions/{SESSION}/{act}", None)]


async def test_what_has_gone_on_meanwhile_is_said(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    one_session(portal, state="cancelled")
    await browser.open_signed_in(therapist, ONE)
    portal.treatment.refuse("PUT", "opening", 409, "not_planned")
    page = await browser.post(f"{ONE}/opening", {})
    assert page.status_code == 409
    assert "no longer planned" in words(page)


async def test_cancelling_is_asked_first(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    one_session(portal)
    page = await browser.open_signed_in(therapist, f"{ONE}/cancellation")
    assert "It stays in the record" in words(page)
    assert portal.treatment.sent == []
    answer = await browser.post(f"{ONE}/cancellation", {})
    assert answer.headers["location"] == f"{ONE}?done=cancellation"


async def test_a_dose_is_recorded(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    """Medicine, way, setting and company are there as the last time; how much and the weight never are."""
    one_session(portal, administration(), state="open", opened_at=MOMENT)
    page = await browser.open_signed_in(therapist, f"{ONE}/dose")
    fields = form_values(page, "dose")
    assert (fields["medicine"], fields["route"], fields["present"]) == ("Ketamine", "im", "Dr Falk; Ines, nurse")
    assert (fields["dose_mg"], fields["weight_kg"]) == ("", "")
    typed = fields | {"dose_mg": "52,5", "weight_kg": "71"}
    for _ in range(2):
        answer = await browser.post(f"{ONE}/dose", typed)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}?done=dose")
    assert portal.treatment.sent[0] == portal.treatment.sent[1]
    (method, path, body) = portal.treatment.sent[0]
    assert (method, path) == ("PUT", f"courses/sessions/{SESSION}/administrations/{fields['id']}")
    given_at = datetime.fromisoformat(body.pop("given_at"))
    assert abs((datetime.now(UTC) - given_at).total_seconds()) < 120
    assert body == {
        "time_zone": "America/New_York",
        "route": "im",
        "medicine": "Ketamine",
        "dose_mg": 52.5,
        "weight_kg": 71.0,
        "setting": "Green room",
        "present": "Dr Falk; Ines, nurse",
    }


async def test_the_hour_of_a_dose_is_not_guessed_afterwards(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    one_session(portal, state="ended", opened_at=MOMENT, ended_at=MOMENT)
    page = await browser.open_signed_in(therapist, f"{ONE}/dose")
    assert form_values(page, "dose")["given_at"] == ""


async def test_a_dose_that_is_none_is_named_and_kept(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    one_session(portal, state="open", opened_at=MOMENT)
    page = await browser.open_signed_in(therapist, f"{ONE}/dose")
    fields = form_values(page, "dose") | {"dose_mg": "a lot", "medicine": "Ketamine"}
    portal.treatment.refuse("PUT", fields["id"], 422, "invalid_input", "dose_mg", "route")
    refused = await browser.post(f"{ONE}/dose", fields)
    assert refused.status_code == 422
    assert portal.treatment.sent == []
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == ["#dose_mg", "#route"]
    assert form_values(refused, "dose")["dose_mg"] == "a lot"


async def test_what_was_given_stands_with_its_session(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    one_session(portal, administration(), state="ended", opened_at=MOMENT, ended_at=MOMENT)
    said = words(await browser.open_signed_in(therapist, ONE))
    assert "11:20 Ketamine 45 mg into a muscle (0.63 mg/kg) Weight 71 kg Setting Green room" in said
    assert "Present Dr Falk; Ines, nurse" in said


async def test_no_such_session(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.treatment.courses = [course()]
    await browser.open_signed_in(therapist, HERE)
    for path in ("", "/time", "/cancellation", "/dose"):
        assert (await browser.get(f"{ONE}{path}")).status_code == 404
