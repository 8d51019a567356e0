"""The dosing day at the therapist's desk: what stands on the session's page, and a form for each sheet."""

from typing import Any

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.course.test_desk import HERE, in_care
from tests.web.course.test_meetings import one_session
from tests.web.fake_days import EVENT, READING, SHEET, a_day, checklist, event, observation, reading
from tests.web.fake_journal import THERAPIST
from tests.web.fake_portal import FakePortal
from tests.web.fake_treatment import MOMENT, SESSION

__all__ = ["in_care"]
ONE = f"{HERE}/sessions/{SESSION}"


@pytest.fixture(autouse=True)
def opened(portal: FakePortal) -> None:
    one_session(portal, state="open", opened_at=MOMENT)


async def test_what_is_recorded_stands_on_the_sessions_page(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    wrong = reading(id=SHEET, systolic=214, outside=["systolic_high"], replaced=True)
    high = reading(systolic=152, outside=["systolic_high"], moment="after_40_minutes")
    portal.days.day = a_day(
        readiness=checklist("readiness", ("fasting",), "Her <sister> comes at four"),
        vital_signs=[wrong, high],
        adverse_events=[event()],
        observation=observation(),
        warnings=["observation_short", "observation_missing"],
    )
    page = await browser.open_signed_in(therapist, ONE)
    said = words(page)
    for line in (
        "1 of 5 ticked not complete",
        "Not ticked, and no dose waits for it: Everybody in the room agrees",
        "It goes on without the rest, because: Her <sister> comes at four",
        "11:05 40 minutes after it 152/78 72 98 %",
        "corrected by a later entry: 214/78",
        "Upper blood pressure is high",
        "upper blood pressure below 90 or above 140 mmHg A label",
        "oxygen below 95 % A manual",
        "Nausea",
        "How it went: <b>Ginger</b>",
        "From 11:05 Until 13:20 Present Therapist, Nurse Besides Ines",
        "it was shorter",
        "none is recorded with its beginning and end",
    ):
        assert line in said
    assert said.count("Upper blood pressure is high") == 1


async def test_what_stood_before_can_be_read(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    earlier = {"made_at": MOMENT, "made_by": THERAPIST, "ticked": ["fasting"], "reason": "Her <sister> comes"}
    unreasoned = {**earlier, "ticked": [], "reason": ""}
    both = ("fasting", "escort_home")
    portal.days.day = a_day(
        readiness={**checklist("readiness", both), "before": [unreasoned, earlier]},
        discharge={**checklist("discharge"), "before": [{**earlier, "ticked": ["oriented"], "reason": "He <waits>"}]},
        adverse_events=[event(what="Queasy <before>", replaced=True), event(id=SHEET, replaces=EVENT, what="Queasy")],
        observation=observation(),
        observation_before=[observation(ended_at=None, words="Ines <alone>", replaced=True)],
    )
    page = soup(await browser.open_signed_in(therapist, ONE))
    kept = {str(card["id"]): " ".join(card.text.split()) for card in page.select("section.card[id]")}
    assert kept["readiness"].index("Her <sister> comes") < kept["readiness"].index("nothing ticked")
    assert "He <waits>" in kept["discharge"]
    assert "How it went: <b>Ginger</b>" in kept["adverse-events"]
    assert "Queasy <before>" in kept["adverse-events"]
    assert "still going on" in kept["observation"]
    assert "Ines <alone>" in kept["observation"]


async def test_other_sessions_and_cancelled_ones_have_no_forms(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    one_session(portal, kind="counselling", state="open", opened_at=MOMENT)
    page = await browser.open_signed_in(therapist, ONE)
    assert not soup(page).select("#readiness, #vital-signs, #discharge")
    assert not [one for one in portal.requests if "dosing-days" in one.url.path]
    one_session(portal, state="cancelled")
    page = await browser.get(ONE)
    assert soup(page).select("#readiness")
    assert not soup(page).select('a[href*="/day/"]')


FORMS: dict[str, tuple[str, dict[str, str], dict[str, Any]]] = {
    "vital-signs": (
        "vital-signs",
        {"moment": "baseline", "measured_at": "2026-03-10T11:05", "systolic": "124", "diastolic": "78", "oxygen": "98"},
        {
            "measured_at": "2026-03-10T15:05:00+00:00",
            "moment": "baseline",
            "systolic": 124,
            "diastolic": 78,
            "pulse": None,
            "oxygen": 98,
        },
    ),
    "adverse-event": (
        "adverse-events",
        {"kind": "fall", "began_at": "2026-03-10T11:05", "ended_at": "", "words": " On the step ", "outcome": ""},
        {
            "kind": "fall",
            "began_at": "2026-03-10T15:05:00+00:00",
            "ended_at": None,
            "what": "On the step",
            "outcome": "",
        },
    ),
    "observation": (
        "observations",
        {"began_at": "2026-03-10T11:05", "ended_at": "2026-03-10T13:20", "present-nurse": "yes", "words": "Ines"},
        {
            "began_at": "2026-03-10T15:05:00+00:00",
            "ended_at": "2026-03-10T17:20:00+00:00",
            "present": ["nurse"],
            "words": "Ines",
        },
    ),
    "readiness": ("readiness", {"step-fasting": "yes", "words": "Why"}, {"steps": ["fasting"], "reason": "Why"}),
    "discharge": ("discharge", {"step-oriented": "yes", "words": ""}, {"steps": ["oriented"], "reason": ""}),
}


@pytest.mark.parametrize("sheet", FORMS)
async def test_each_sheet_is_sent_once(browser: Browser, therapist: Person, portal: FakePortal, sheet: str) -> None:
    records, typed, body = FORMS[sheet]
    page = await browser.open_signed_in(therapist, f"{ONE}/day/{sheet}")
    fields = form_values(page, "sheet") | typed
    for _ in range(2):
        answer = await browser.post(f"{ONE}/day/{sheet}", fields)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}?done={sheet}")
    assert portal.days.sent[0] == portal.days.sent[1]
    path, sent = portal.days.sent[0]
    assert path == f"dosing-days/{SESSION}/{records}/{fields['id']}"
    assert sent == body | {"replaces": None}
    assert soup(await browser.get(answer.headers["location"])).select_one(".notice-sage")


async def test_the_hour_is_that_of_now_while_it_is_open_and_not_guessed_afterwards(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    page = await browser.open_signed_in(therapist, f"{ONE}/day/vital-signs")
    fields = form_values(page, "sheet")
    assert fields["measured_at"]
    assert fields["systolic"] == fields["pulse"] == ""
    one_session(portal, state="ended", opened_at=MOMENT, ended_at=MOMENT)
    assert form_values(await browser.get(f"{ONE}/day/vital-signs"), "sheet")["measured_at"] == ""


@pytest.mark.parametrize(
    ("address", "replaces", "shown"),
    [
        (f"vital-signs?record={READING}", READING, {"systolic": "124", "measured_at": "2026-03-10T11:05"}),
        (f"adverse-event?record={EVENT}", EVENT, {"kind": "nausea", "words": "Queasy", "outcome": "<b>Ginger</b>"}),
        ("observation", SHEET, {"ended_at": "2026-03-10T13:20", "words": "Ines"}),
        ("readiness", SHEET, {"step-fasting": "yes", "words": ""}),
    ],
)
async def test_a_correction_begins_with_how_it_stands(
    *, browser: Browser, therapist: Person, portal: FakePortal, address: str, replaces: str, shown: dict[str, str]
) -> None:
    portal.days.day = a_day(
        readiness=checklist("readiness", ("fasting",), "Because"),
        vital_signs=[reading()],
        adverse_events=[event()],
        observation=observation(),
    )
    fields = form_values(await browser.open_signed_in(therapist, f"{ONE}/day/{address}"), "sheet")
    assert (fields["replaces"], {name: fields[name] for name in shown}) == (replaces, shown)
    assert fields["id"] != replaces


@pytest.mark.parametrize(
    ("sheet", "said", "places"),
    [
        ("vital-signs", ("systolic", "moment"), ["#systolic", "#moment"]),
        ("vital-signs", ("body",), ["#systolic"]),
        ("adverse-event", ("what", "body"), ["#words", "#ended_at"]),
        ("discharge", ("reason",), ["#words"]),
    ],
)
async def test_what_is_wrong_is_named_and_kept(
    *, browser: Browser, therapist: Person, portal: FakePortal, sheet: str, said: tuple[str, ...], places: list[str]
) -> None:
    records, typed, _ = FORMS[sheet]
    page = await browser.open_signed_in(therapist, f"{ONE}/day/{sheet}")
    portal.days.refuse(records, 422, "invalid_input", *said)
    refused = await browser.post(f"{ONE}/day/{sheet}", form_values(page, "sheet") | typed)
    assert refused.status_code == 422
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == places
    again = form_values(refused, "sheet")
    assert {name: again.get(name) for name in typed} == typed


async def test_what_somebody_changed_meanwhile_is_said_and_the_next_save_comes_after_it(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    page = await browser.open_signed_in(therapist, f"{ONE}/day/readiness")
    fields = form_values(page, "sheet") | {"step-no_driving": "yes"}
    portal.days.day = a_day(readiness=checklist("readiness", ("fasting",)))
    portal.days.refuse("readiness", 409, "record_changed")
    refused = await browser.post(f"{ONE}/day/readiness", fields)
    assert refused.status_code == 409
    again = form_values(refused, "sheet")
    assert (again["replaces"], again["step-no_driving"]) == (SHEET, "yes")
    assert again["id"] != fields["id"]
    marked = {one["for"]: one.select_one(".hint") for one in soup(refused).select("label.choice")}
    assert {name: one.text for name, one in marked.items() if one} == {
        "step-fasting": "Differs: it stands now as ticked",
        "step-no_driving": "Differs: it stands now as not ticked",
    }


LATER, LAST = "0195e3a0-0000-7000-8000-0000000000f8", "0195e3a0-0000-7000-8000-0000000000f9"


@pytest.mark.parametrize(
    ("sheet", "record", "records", "said"),
    [
        (
            "vital-signs",
            READING,
            {
                "vital_signs": [
                    reading(replaced=True),
                    reading(id=LATER, replaces=READING, replaced=True),
                    reading(id=LAST, replaces=LATER, systolic=161),
                ]
            },
            "161/78 · 72 · 98 %",
        ),
        (
            "adverse-event",
            EVENT,
            {
                "adverse_events": [
                    event(replaced=True),
                    event(id=LATER, replaces=EVENT, replaced=True),
                    event(id=LAST, replaces=LATER, what="Queasy <again>"),
                ]
            },
            "Queasy <again>",
        ),
        ("observation", "", {"observation": observation(id=LAST, words="Ines <left>")}, "Ines <left>"),
    ],
)
async def test_a_correction_goes_on_top_of_the_one_that_stands(
    *, browser: Browser, therapist: Person, portal: FakePortal, sheet: str, record: str, records: dict[str, Any],
    said: str,
) -> None:  # fmt: skip
    """A colleague corrected it twice meanwhile; the page shows how it stands, and saving once more ends it."""
    portal.days.day = a_day(vital_signs=[reading()], adverse_events=[event()], observation=observation())
    fields = form_values(await browser.open_signed_in(therapist, f"{ONE}/day/{sheet}?record={record}"), "sheet")
    portal.days.day = a_day(**records)
    portal.days.refuse(FORMS[sheet][0], 409, "record_changed")
    refused = await browser.post(f"{ONE}/day/{sheet}", fields | FORMS[sheet][1])
    again = form_values(refused, "sheet")
    assert (again["replaces"], again["id"] == fields["id"]) == (LAST, False)
    assert {name: again.get(name) for name in FORMS[sheet][1]} == FORMS[sheet][1]
    stands = soup(refused).select_one("#stands")
    assert stands is not None
    assert said in stands.text
    # A link that was opened before the correction begins where it ends.
    assert form_values(await browser.get(f"{ONE}/day/{sheet}?record={record}"), "sheet")["replaces"] == LAST


async def test_a_reading_whose_time_is_not_touched_keeps_it_to_the_second(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.days.day = a_day(vital_signs=[reading(measured_at="2026-03-10T15:05:33+00:00")])
    address = f"{ONE}/day/vital-signs"
    fields = form_values(await browser.open_signed_in(therapist, f"{address}?record={READING}"), "sheet")
    await browser.post(address, fields | {"pulse": "80"})
    await browser.post(address, fields | {"measured_at": "2026-03-10T11:06"})
    times = [body["measured_at"] for _, body in portal.days.sent]
    assert times == ["2026-03-10T15:05:33+00:00", "2026-03-10T15:06:00+00:00"]


async def test_a_session_that_is_not_ready_says_so(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    one_session(portal)
    page = await browser.open_signed_in(therapist, ONE)
    assert "nobody wrote why" in words(page)
    portal.treatment.refuse("PUT", "opening", 409, "not_ready")
    refused = await browser.post(f"{ONE}/opening", {})
    assert refused.status_code == 409
    assert "A step before the dose is not ticked" in words(refused)


async def test_the_form_of_a_dose_names_what_is_missing(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    ticked = ("fasting", "blood_pressure", "no_driving")
    portal.days.day = a_day(readiness=checklist("readiness", ticked, "Because"))
    said = words(await browser.open_signed_in(therapist, f"{ONE}/dose"))
    assert "Not ticked before the dose: Somebody will take them home; Medicines are gone through once more." in said


async def test_a_reason_of_before_is_shown_and_not_written_again(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.days.day = a_day(readiness=checklist("readiness", ("fasting",), "Her <sister> comes"))
    page = await browser.open_signed_in(therapist, f"{ONE}/day/readiness")
    assert "Written before, for the steps that were open then: Her <sister> comes" in words(page)
    portal.days.refuse("readiness", 422, "of_other_steps", "reason")
    refused = await browser.post(f"{ONE}/day/readiness", form_values(page, "sheet") | {"words": "Her <sister> comes"})
    assert refused.status_code == 422
    assert "Write why it goes on without all that are open now" in words(refused)
    assert "Written before, for the steps that were open then: Her <sister> comes" in words(refused)


async def test_without_an_answer_what_was_typed_stays(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    page = await browser.open_signed_in(therapist, f"{ONE}/day/vital-signs")
    portal.days.refuse("vital-signs", 503, "unavailable")
    failed = await browser.post(f"{ONE}/day/vital-signs", form_values(page, "sheet") | FORMS["vital-signs"][1])
    assert failed.status_code == 503
    assert "Nothing was saved" in words(failed)
    assert form_values(failed, "sheet")["systolic"] == "124"


async def test_no_such_sheet(browser: Browser, therapist: Person) -> None:
    await browser.sign_in(therapist)
    assert (await browser.get(f"{ONE}/day/weather")).status_code == 404
    assert (await browser.post(f"{ONE}/day/weather", {"id": SHEET})).status_code == 404
