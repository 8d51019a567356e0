"""Sessions at the therapist's desk: planned, moved, cancelled, opened, ended, and what was given in them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.course.test_desk import HERE, in_care
from tests.web.fake_journal import THERAPIST, entry, problem
from tests.web.fake_portal import FakePortal
from tests.web.fake_treatment import COURSE, MOMENT, SESSION, administration, ahead, course, session

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
    then = {"kind": "dosing", "time_zone": "Europe/London", "reason": "", "made_at": MOMENT}
    before = [
        {**then, "state": "planned", "planned_at": "2026-03-10T15:00:00+00:00"},
        {**then, "state": "planned", "planned_at": "2026-03-11T15:00:00+00:00", "reason": "A <cold>"},
    ]
    one_session(portal, state="cancelled", planned_at="2026-03-11T15:00:00+00:00", before=before)
    page = await browser.open_signed_in(therapist, ONE)
    history = [" ".join(one.p.get_text(" ").split()) for one in soup(page).select("#history li")]  # type: ignore[union-attr]  # each has one
    assert history == ["Planned for Tue 10 Mar, 11:00", "Moved to Wed 11 Mar, 11:00", "Cancelled"]
    assert "Moved to Wed 11 Mar, 11:00 A <cold>" in words(page)
    assert "Wed 11 Mar, 15:00 on yours" in words(page)
    assert not soup(page).select("main form")


async def test_moving(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    thread = "0195e3a0-0000-7000-8000-0000000000f1"
    one_session(portal, version=2, time_zone="America/New_York", thread=thread)
    page = await browser.open_signed_in(therapist, f"{ONE}/time")
    fields = form_values(page, "session")
    assert (fields["planned_at"], fields["kind"]) == ("2026-03-10T11:00", "dosing")
    answer = await browser.post(f"{ONE}/time", fields | {"planned_at": "2026-03-12T09:00", "reason": "She asked"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}?done=moved")
    (_method, path, body) = portal.treatment.sent[0]
    assert path == f"courses/sessions/{SESSION}/changes"
    assert body["reason"] == "She asked"
    assert (body["change_id"], body["base_version"], body["thread"]) == (fields["id"], 2, thread)
    assert body["planned_at"] == "2026-03-12T13:00:00+00:00"
    assert "What it was before stays" in words(await browser.get(answer.headers["location"]))


async def test_a_thread_is_chosen_from_what_the_client_shares(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    """By its day alone until it was opened; choosing it opens nothing."""
    shared = entry(phase="preparation")
    portal.journal.entries = {shared["id"]: shared}
    portal.treatment.courses = [course()]
    page = await browser.open_signed_in(therapist, f"{HERE}/sessions/new")
    told = [(one["value"], one.get_text()) for one in soup(page).select("select#thread option")]
    assert told == [("", "None"), (shared["id"], "29 March 2026 · Before a session")]
    fields = form_values(page, "session") | {"kind": "dosing", "planned_at": "2026-07-04T10:30", "thread": shared["id"]}
    portal.treatment.refuse("PUT", fields["id"], 422, "invalid_input", "thread")
    refused = await browser.post(f"{HERE}/sessions/new", fields)
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == ["#thread"]
    assert form_values(refused, "session")["thread"] == shared["id"]
    portal.treatment.refusals.clear()
    assert (await browser.post(f"{HERE}/sessions/new", fields)).status_code == 303
    assert portal.treatment.sent[-1][2]["thread"] == shared["id"]
    assert not [one for one in portal.requests if one.url.path.endswith(shared["id"])]


async def test_without_a_shared_entry_no_thread_is_asked_for(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    """Likewise where the journal does not answer: the session is planned all the same."""
    portal.treatment.courses = [course()]
    page = await browser.open_signed_in(therapist, f"{HERE}/sessions/new")
    assert not soup(page).select("select#thread")
    portal.journal.refusals["GET"] = problem(503, "unavailable")
    page = await browser.get(f"{HERE}/sessions/new")
    assert (page.status_code, soup(page).select("select#thread")) == (200, [])


@pytest.mark.parametrize(("state", "told"), [("planned", 1), ("open", 1), ("ended", 0), ("cancelled", 0)])
async def test_another_session_that_is_still_open_is_told(
    *, browser: Browser, therapist: Person, portal: FakePortal, state: str, told: int
) -> None:
    other = "0195e3a0-0000-7000-8000-0000000000d2"
    opened = session(id=other, kind="counselling", state="open", opened_at=MOMENT)
    portal.treatment.courses = [course(sessions=[opened, session(state=state, kind="integration")])]
    page = await browser.open_signed_in(therapist, ONE)
    assert len(soup(page).select(f"#session a[href='{HERE}/sessions/{other}']")) == told
    assert ("still open" in words(page)) is bool(told)
    assert f"{HERE}/sessions/{other}" not in [
        one["href"] for one in soup(await browser.get(f"{HERE}/sessions/{other}")).select("#session a")
    ]


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
    answer = await browser.post(f"{ONE}/cancellation", form_values(page, "cancellation") | {"reason": " A cold "})
    assert answer.headers["location"] == f"{ONE}?done=cancellation"
    assert portal.treatment.sent == [("PUT", f"courses/sessions/{SESSION}/cancellation", {"reason": "A cold"})]


@pytest.mark.parametrize(
    ("status", "code", "said"), [(409, "not_planned", "no longer planned"), (503, "down", "Nothing")]
)
async def test_a_cancellation_that_failed_loses_no_words(
    *, browser: Browser, therapist: Person, portal: FakePortal, status: int, code: str, said: str
) -> None:
    one_session(portal)
    page = await browser.open_signed_in(therapist, f"{ONE}/cancellation")
    portal.treatment.refuse("PUT", "cancellation", status, code)
    failed = await browser.post(f"{ONE}/cancellation", form_values(page, "cancellation") | {"reason": "A cold"})
    assert failed.status_code == status
    assert said in words(failed)
    if status == 503:
        assert form_values(failed, "cancellation")["reason"] == "A cold"


async def test_a_dose_is_recorded(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    """Medicine, way, setting and company are there as the last time; how much and the weight never are."""
    one_session(portal, administration(), state="open", opened_at=ahead(0))
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
    one_session(portal, state="open", opened_at=ahead(0))
    page = await browser.open_signed_in(therapist, f"{ONE}/dose")
    fields = form_values(page, "dose") | {"dose_mg": "a lot", "medicine": "Ketamine"}
    portal.treatment.refuse("PUT", fields["id"], 422, "invalid_input", "dose_mg", "route")
    refused = await browser.post(f"{ONE}/dose", fields)
    assert refused.status_code == 422
    assert portal.treatment.sent == []
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == ["#dose_mg", "#route"]
    assert form_values(refused, "dose")["dose_mg"] == "a lot"


async def test_a_dose_is_corrected(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    given = administration(time_zone="America/New_York", weight_kg=None, dose_mg=52.5)
    one_session(portal, given, state="ended", opened_at=MOMENT, ended_at=MOMENT)
    page = await browser.open_signed_in(therapist, ONE)
    (link,) = [one["href"] for one in soup(page).select("#given a") if "correction" in str(one["href"])]
    fields = form_values(await browser.get(str(link)), "dose")
    assert (fields["given_at"], fields["dose_mg"], fields["weight_kg"]) == ("2026-03-10T11:20", "52.5", "")
    for _ in range(2):
        answer = await browser.post(str(link), fields | {"dose_mg": "45", "weight_kg": "71"})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}?done=corrected")
    assert portal.treatment.sent[0] == portal.treatment.sent[1]
    (method, path, body) = portal.treatment.sent[0]
    assert (method, path) == ("POST", f"courses/sessions/{SESSION}/administrations/{given['id']}/corrections")
    assert (body["correction_id"], body["base_version"], body["dose_mg"]) == (fields["id"], 1, 45.0)
    assert body["given_at"] == "2026-03-10T15:20:00+00:00"


OPENED = {"opened_at": "2026-03-10T15:00:00+00:00", "ended_at": "2026-03-10T18:00:00+00:00"}


async def test_a_dose_on_another_day_than_its_session_is_asked_about(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    """A slip of the day is seen; what was given on that day all the same is taken once somebody says so."""
    one_session(portal, state="ended", **OPENED)
    fields = form_values(await browser.open_signed_in(therapist, f"{ONE}/dose"), "dose")
    slipped = fields | {"given_at": "2026-03-01T11:20", "medicine": "Ketamine", "route": "im", "dose_mg": "45"}
    asked = await browser.post(f"{ONE}/dose", slipped)
    assert asked.status_code == 422
    assert portal.treatment.sent == []
    assert [one["href"] for one in soup(asked).select(".error-summary a")] == ["#given_at"]
    assert "Yes, it was given on Sunday, 1 March 2026, 11:20" in words(asked)
    again = form_values(asked, "dose")
    assert (again["given_at"], again["dose_mg"], again["id"]) == ("2026-03-01T11:20", "45", fields["id"])
    yes = again | {"day_confirmed": "2026-03-01T11:20"}
    other = await browser.post(f"{ONE}/dose", yes | {"given_at": "2026-03-02T11:20"})
    assert other.status_code == 422  # that day was not confirmed
    assert (await browser.post(f"{ONE}/dose", yes)).status_code == 303
    assert portal.treatment.sent[0][2]["given_at"] == "2026-03-01T16:20:00+00:00"


@pytest.mark.parametrize(
    ("planned_at", "opened_at", "given_at"),
    [
        ("2026-03-10T15:00:00+00:00", "2026-03-12T08:00:00+00:00", "2026-03-10T11:20"),  # opened two days afterwards
        ("2026-03-08T15:00:00+00:00", "2026-03-10T15:00:00+00:00", "2026-03-10T11:20"),  # held later than planned
        ("2026-03-10T22:00:00+00:00", None, "2026-03-11T00:20"),  # over midnight
    ],
)
async def test_a_session_entered_afterwards_or_held_later_is_not_asked_about(
    *, browser: Browser, therapist: Person, portal: FakePortal, planned_at: str, opened_at: str | None, given_at: str
) -> None:
    one_session(portal, state="ended", planned_at=planned_at, opened_at=opened_at, ended_at=opened_at)
    fields = form_values(await browser.open_signed_in(therapist, f"{ONE}/dose"), "dose")
    assert (await browser.post(f"{ONE}/dose", fields | {"given_at": given_at})).status_code == 303


@pytest.mark.parametrize(
    ("given_at", "shown"),
    [
        ("2026-03-10T15:20:41.250000+00:00", "2026-03-10T11:20"),
        ("2026-11-01T06:20:00+00:00", "2026-11-01T01:20"),  # the second 01:20 of that night in New York
    ],
)
async def test_a_time_that_is_not_touched_stays_the_same_instant(
    *, browser: Browser, therapist: Person, portal: FakePortal, given_at: str, shown: str
) -> None:
    """Only the weight is corrected; whether its day is that of the session is not asked either."""
    given = administration(time_zone="America/New_York", given_at=given_at)
    one_session(portal, given, state="ended", opened_at=MOMENT, ended_at=MOMENT)
    address = f"{ONE}/doses/{given['id']}/correction"
    fields = form_values(await browser.open_signed_in(therapist, address), "dose")
    assert fields["given_at"] == shown
    assert (await browser.post(address, fields | {"weight_kg": "72"})).status_code == 303
    assert portal.treatment.sent[0][2]["given_at"] == given_at
    moved = await browser.post(address, fields | {"given_at": "2026-06-01T11:20"})
    assert moved.status_code == 422
    assert "Yes, it was given on Monday, 1 June 2026, 11:20" in words(moved)


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "Europe", "../x", ""])
@pytest.mark.parametrize("stored", ["", "soon", "0001-01-01T00:00:00+14:00"])
async def test_a_zone_or_a_stored_time_that_is_none_leaves_the_time_as_it_was_typed(
    *, browser: Browser, therapist: Person, portal: FakePortal, zone: str, stored: str
) -> None:
    """What portal cannot read is portal's to name; nothing is asked about it here."""
    one_session(portal, state="ended", **OPENED)
    fields = form_values(await browser.open_signed_in(therapist, f"{ONE}/dose"), "dose")
    typed = {"given_at": "2026-03-01T11:20", "time_zone": zone, "given_at_stored": stored}
    assert (await browser.post(f"{ONE}/dose", fields | typed)).status_code == 303
    assert portal.treatment.sent[0][2]["given_at"] == "2026-03-01T11:20"


async def test_an_hour_of_another_day_says_its_day(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    same = administration()
    other = administration(id=SESSION, given_at="2026-03-11T15:20:00+00:00")
    year = administration(id=COURSE, given_at="2025-03-10T15:20:00+00:00")
    portal.treatment.courses = [
        course(sessions=[session(state="ended", **OPENED)], administrations=[same, other, year])
    ]
    page = await browser.open_signed_in(therapist, ONE)
    times = [one.text for one in soup(page).select("#given dl dt:first-child")]
    assert times == ["11:20", "Wed 11 Mar, 11:20", "Monday, 10 March 2025, 11:20"]


async def test_a_correction_that_came_too_late_keeps_what_was_typed(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    one_session(portal, administration(), state="open", opened_at=MOMENT)
    address = f"{ONE}/doses/{administration()['id']}/correction"
    fields = form_values(await browser.open_signed_in(therapist, address), "dose") | {"dose_mg": "47"}
    one_session(portal, administration(version=3), state="open", opened_at=MOMENT)
    portal.treatment.refuse("POST", "corrections", 409, "administration_changed")
    refused = await browser.post(address, fields)
    assert refused.status_code == 409
    again = form_values(refused, "dose")
    assert (again["dose_mg"], again["base_version"]) == ("47", "3")
    assert again["id"] != fields["id"]
    portal.treatment.refuse("POST", "corrections", 422, "invalid_input", "dose_mg")
    refused = await browser.post(address, fields)
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == ["#dose_mg"]


async def test_a_dose_that_was_never_given_is_withdrawn(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    given = administration()
    portal.treatment.courses = [course(sessions=[session(state="ended")], administrations=[given])]
    page = await browser.open_signed_in(therapist, ONE)
    (link,) = [one["href"] for one in soup(page).select("#given a") if "withdrawal" in str(one["href"])]
    page = await browser.get(str(link))
    assert "No curve, figure or reminder counts it any more" in words(page)
    portal.treatment.refuse("PUT", "withdrawal", 422, "invalid_input", "reason")
    refused = await browser.post(str(link), form_values(page, "withdrawal") | {"reason": "  "})
    assert refused.status_code == 422
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == ["#reason"]
    portal.treatment.refuse("PUT", "withdrawal", 503, "unavailable")
    refused = await browser.post(str(link), form_values(page, "withdrawal") | {"reason": "Twice"})
    assert (refused.status_code, form_values(refused, "withdrawal")["reason"]) == (503, "Twice")
    portal.treatment.refusals.clear()
    answer = await browser.post(str(link), form_values(page, "withdrawal") | {"reason": " Twice "})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}?done=withdrawn")
    path = f"courses/sessions/{SESSION}/administrations/{given['id']}/withdrawal"
    assert portal.treatment.sent == [("PUT", path, {"reason": "Twice"})]


def withdrawn(portal: FakePortal) -> None:
    gone = {"withdrawn_at": MOMENT, "withdrawn_by": THERAPIST, "withdrawal_reason": "Recorded twice."}
    one_session(portal, administration(**gone), state="ended", opened_at=MOMENT, ended_at=MOMENT)


async def test_what_was_withdrawn_stands_struck_through(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    """With the reason; there is nothing left to correct."""
    withdrawn(portal)
    page = await browser.open_signed_in(therapist, ONE)
    assert [one.get_text() for one in soup(page).select("#given s")] == ["Ketamine 45 mg into a muscle (0.63 mg/kg)"]
    assert "Recorded twice." in words(page)
    assert not [one for one in soup(page).select("#given a") if "/doses/" in str(one["href"])]


async def test_so_it_does_for_its_client(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    withdrawn(portal)
    page = await browser.open_signed_in(client_person, "/path")
    assert "Ketamine 45 mg" in soup(page).select("#so-far s")[0].get_text()
    page = await browser.get(f"/path/sessions/{SESSION}")
    assert "recorded by mistake: Recorded twice." in words(page)


async def test_no_such_dose(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    one_session(portal, administration(session_id=COURSE), state="open", opened_at=MOMENT)
    await browser.sign_in(therapist)
    for given in (administration()["id"], SESSION):
        for page in ("correction", "withdrawal"):
            assert (await browser.get(f"{ONE}/doses/{given}/{page}")).status_code == 404


async def test_what_was_corrected_stands_below(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    said = {name: administration()[name] for name in ("given_at", "medicine", "route", "made_at", "made_by")}
    before = {**said, "dose_mg": 54.0, "mg_per_kg": None}
    now = administration(version=2, corrected_at=MOMENT, corrected_by=administration()["made_by"], before=[before])
    one_session(portal, now, state="ended", opened_at=MOMENT, ended_at=MOMENT)
    page = words(await browser.open_signed_in(therapist, ONE))
    assert "Corrected Mon 2 Mar, 04:00, Dr Falk Before that 11:20 · Ketamine 54 mg into a muscle" in page


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
