"""What a client reads of their own dosing session."""

from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_days import a_day, event, observation, reading
from tests.web.fake_portal import FakePortal
from tests.web.fake_treatment import MOMENT, SESSION, administration, course, session


async def test_ones_own_day_in_plain_words(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    held = session(state="ended", opened_at=MOMENT, ended_at=MOMENT)
    portal.treatment.courses = [course(sessions=[held], administrations=[administration()])]
    portal.days.day = a_day(
        vital_signs=[reading(systolic=152, outside=["systolic_high"]), reading(systolic=214, replaced=True)],
        adverse_events=[event()],
        observation=observation(),
        warnings=["observation_short"],
    )
    page = await browser.open_signed_in(client_person, "/path")
    (link,) = soup(page).select("#so-far li.entry p.row a")
    said = words(await browser.get(str(link["href"])))
    for line in ("Ketamine 45 mg", "at 15:20", "152/78", "Nausea", "Observed from 15:05 to 17:20: Therapist, Nurse"):
        assert line in said
    for line in ("214", "is high", "it was shorter"):
        assert line not in said


async def test_an_hour_of_another_day_says_its_day(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    held = session(state="ended", planned_at="2026-03-08T15:00:00+00:00", opened_at=MOMENT, ended_at=MOMENT)
    portal.treatment.courses = [course(sessions=[held], administrations=[administration()])]
    portal.days.day = a_day(vital_signs=[reading()], adverse_events=[event()], observation=observation())
    await browser.sign_in(client_person)
    said = words(await browser.get(f"/path/sessions/{SESSION}"))
    for line in (
        "Ketamine 45 mg into a muscle (0.63 mg/kg) Tue 10 Mar, 15:20",
        "Tue 10 Mar, 15:05 Before the dose 124/78",
        "Nausea Tue 10 Mar, 15:05",
        "Tue 10 Mar, 15:05 \u2013 Tue 10 Mar, 17:20: Therapist, Nurse",
    ):
        assert line in said


async def test_one_that_is_not_theirs_is_not_there(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    await browser.sign_in(client_person)
    portal.days.refuse("", 404, "not_found")
    assert (await browser.get(f"/path/sessions/{SESSION}")).status_code == 404
    portal.days.refusals.clear()
    assert (await browser.get(f"/path/sessions/{SESSION}")).status_code == 404
