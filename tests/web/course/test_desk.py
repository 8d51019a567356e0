"""A course at the therapist's desk: the plan, its form, what is wrong with it, and what is kept."""

from typing import Any

import pytest
from afterglow_design.practice import CONTRAINDICATIONS, Practice
from afterglow_design.practice_now import KnownPractice
from afterglow_foundation.testing.people import Person
from fastapi import FastAPI

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_portal import FakePortal, problem
from tests.web.fake_treatment import COURSE, SESSION, administration, ahead, course, session

ADA = "0195e3a0-0000-7000-8000-0000000000aa"
HERE = f"/clients/{ADA}/course"


@pytest.fixture(autouse=True)
def in_care(portal: FakePortal) -> None:
    zone = "America/New_York"
    portal.clients[ADA] = {"id": ADA, "name": "Ada Lindqvist", "time_zone": zone, "since": "2026-01-05T00:00:00Z"}


async def test_plan_sessions_and_doses(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    later = "0195e3a0-0000-7000-8000-0000000000d2"
    held = session(state="ended", version=3)
    portal.treatment.courses = [
        course(sessions=[held, session(id=later, planned_at=ahead(2))], administrations=[administration()])
    ]
    page = await browser.open_signed_in(therapist, HERE)
    said = words(page)
    for line in ("I keep out of the <kitchen>.", "To stay for a song", "opening this is recorded", "(0.63 mg/kg)"):
        assert line in said
    links = [one["href"] for one in soup(page).select("li.entry a")]
    assert links == [f"{HERE}/sessions/{later}", f"{HERE}/sessions/{SESSION}"]
    tabs = [(one.get_text(), one.has_attr("aria-current")) for one in soup(page).select("nav.periods a")]
    assert ("Course", True) in tabs
    assert ("Journal", False) in tabs
    asked = [dict(one.url.params) for one in portal.requests if one.url.path.endswith("/courses")]
    assert asked == [{"client": ADA}]


async def test_a_foreign_client_is_one_refusal(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.clients.clear()
    await browser.sign_in(therapist)
    for path in ("", "/plan", "/sessions/new", f"/sessions/{SESSION}", f"/sessions/{SESSION}/dose"):
        portal.requests.clear()
        assert (await browser.get(f"{HERE}{path}")).status_code == 404
        assert {one.url.path for one in portal.requests} == {f"/api/portal/clients/{ADA}"}


async def test_a_first_plan(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    await browser.open_signed_in(therapist, HERE)
    page = await browser.get(f"{HERE}/plan")
    fields = form_values(page, "plan") | {
        "problem": " Mornings.\r\nAll of them. ",
        "goals": "To sing\r\n\r\n To sleep ",
        "treatment-0": "EMDR",
        "outcome-0": "Half",
        "treatment-2": "Tea",
        "found-1": "yes",
        "others": "A cold",
        "item-hope": "yes",
        "planned_doses": "6",
        "started_on": "2026-03-01",
    }
    answer = await browser.post(f"{HERE}/plan", fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}?saved=plan")
    (method, path, body) = portal.treatment.sent[0]
    assert (method, path) == ("PUT", f"courses/{fields['id']}")
    assert body == {
        "problem": "Mornings.\nAll of them.",
        "goals": ["To sing", "To sleep"],
        "conditions": [],
        "medicines": [],
        "allergies": [],
        "previous_treatments": [
            {"treatment": "EMDR", "outcome": "Half"},
            {"treatment": "Tea", "outcome": ""},
        ],
        "contraindications_asked": [str(one) for one in CONTRAINDICATIONS],
        "contraindications": [str(CONTRAINDICATIONS[1]), "A cold"],
        "items": ["hope"],
        "watch_energy": False,
        "planned_doses": 6,
        "spacing_days": None,
        "started_on": "2026-03-01",
        "ended_on": None,
    }
    assert "The plan is saved." in words(await browser.get(answer.headers["location"]))


async def test_an_edit_says_the_same_where_nothing_was_changed(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    """What was kept by a name of ours before is kept in words from now on, beside the list that it was asked in."""
    asked = [str(one) for one in CONTRAINDICATIONS]
    before = course(version=3)
    portal.treatment.courses = [before]
    await browser.open_signed_in(therapist, HERE)
    fields = form_values(await browser.get(f"{HERE}/plan"), "plan")
    for _ in range(2):
        assert (await browser.post(f"{HERE}/plan", fields)).status_code == 303
    first, second = portal.treatment.sent
    assert first == second
    (method, path, body) = first
    assert (method, path) == ("POST", f"courses/{COURSE}/versions")
    assert body.pop("base_version") == 3
    assert body.pop("version_id") == fields["version_id"]
    words = {"contraindications_asked": asked, "contraindications": [asked[0], "Something rare"]}
    assert body == {name: before[name] for name in body} | words


@pytest.fixture
def asks(app: FastAPI) -> KnownPractice:
    """Of a practice with a list of its own."""
    own = Practice(contraindications=("Gout", "A cold"), words={"es": {"contraindications": ("Gota", "Un resfriado")}})
    app.state.practice._first = own
    app.state.practice.forget()
    known: KnownPractice = app.state.practice
    return known


@pytest.mark.usefixtures("asks")
async def test_the_list_is_the_practices_own(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    await browser.open_signed_in(therapist, HERE)
    page = await browser.get(f"{HERE}/plan")
    assert [one.get_text().strip() for one in soup(page).select("label[for^=found-]")] == ["Gout", "A cold"]
    fields = form_values(page, "plan") | {"found-0": "yes", "started_on": "2026-03-01"}
    assert (await browser.post(f"{HERE}/plan", fields)).status_code == 303
    body = portal.treatment.sent[0][2]
    assert (body["contraindications_asked"], body["contraindications"]) == (["Gout", "A cold"], ["Gout"])


@pytest.mark.usefixtures("asks")
async def test_a_plan_keeps_the_list_in_which_it_was_asked(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    """Until somebody goes through the new one; what was found then is not lost."""
    portal.treatment.courses = [course(contraindications_asked=["Fever", "Gout"], contraindications=["Fever"])]
    await browser.open_signed_in(therapist, HERE)
    said = words(await browser.get(HERE))
    assert "To be careful about Fever" in said
    assert "Asked about, and not found Gout" in said
    page = await browser.get(f"{HERE}/plan")
    assert [one.get_text().strip() for one in soup(page).select("label[for^=found-]")] == ["Fever", "Gout"]
    assert (form_values(page, "plan")["found-0"], form_values(page, "plan")["others"].strip()) == ("yes", "")
    assert soup(page).select(f'a[href="{HERE}/plan?anew=true"]')
    page = await browser.get(f"{HERE}/plan?anew=true")
    assert [one.get_text().strip() for one in soup(page).select("label[for^=found-]")] == ["Gout", "A cold"]
    assert form_values(page, "plan")["others"].strip() == "Fever"
    assert not soup(page).select(f'a[href="{HERE}/plan?anew=true"]')


@pytest.mark.usefixtures("asks")
async def test_a_list_asked_in_another_language_is_the_same_list(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.treatment.courses = [course(contraindications_asked=["Gota", "Un resfriado"], contraindications=[])]
    await browser.open_signed_in(therapist, HERE)
    assert not soup(await browser.get(f"{HERE}/plan")).select(f'a[href="{HERE}/plan?anew=true"]')


REFUSED = [
    ("planned_doses", {"planned_doses": "many"}, "planned_doses"),
    ("goals.0", {"goals": "x" * 201}, "goals"),
    ("contraindications.1", {"others": "x" * 201}, "others"),
    ("previous_treatments.1.treatment", {"treatment-0": "a", "outcome-2": "b"}, "treatment-2"),
    ("body", {"ended_on": "2026-01-01"}, "ended_on"),
    ("started_on", {"started_on": ""}, "started_on"),
]


@pytest.mark.parametrize(("said", "typed", "field"), REFUSED, ids=[one[0] for one in REFUSED])
async def test_what_portal_refuses_is_named_and_kept(
    *, browser: Browser, therapist: Person, portal: FakePortal, said: str, typed: dict[str, str], field: str
) -> None:
    await browser.open_signed_in(therapist, HERE)
    fields = form_values(await browser.get(f"{HERE}/plan"), "plan") | {"problem": "Mornings", **typed}
    portal.treatment.refuse("PUT", fields["id"], 422, "invalid_input", said)
    page = await browser.post(f"{HERE}/plan", fields)
    assert page.status_code == 422
    assert [one["href"] for one in soup(page).select(".error-summary a")] == [f"#{field}"]
    wrong = soup(page).select_one(f"#{field}")
    assert wrong is not None
    assert wrong["aria-invalid"] == "true"
    shown = form_values(page, "plan")
    assert {name: shown[name] for name in typed if typed[name]} == {name: typed[name] for name in typed if typed[name]}
    assert (shown["problem"], shown["id"]) == ("Mornings", fields["id"])


async def test_broken_words_are_named_without_asking(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    await browser.open_signed_in(therapist, HERE)
    fields = form_values(await browser.get(f"{HERE}/plan"), "plan") | {"goals": "To \0 sing"}
    page = await browser.post(f"{HERE}/plan", fields)
    assert page.status_code == 422
    assert [one["href"] for one in soup(page).select(".error-summary a")] == ["#goals"]
    assert portal.treatment.sent == []


async def test_a_plan_that_was_changed_meanwhile_goes_on_top(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.treatment.courses = [course()]
    await browser.open_signed_in(therapist, HERE)
    fields = form_values(await browser.get(f"{HERE}/plan"), "plan") | {"problem": "Mine"}
    portal.treatment.courses = [course(version=2, problem="Theirs")]
    portal.treatment.refuse("POST", "versions", 409, "course_changed")
    page = await browser.post(f"{HERE}/plan", fields)
    assert page.status_code == 409
    assert "save once more to put this on top" in words(page)
    again = form_values(page, "plan")
    assert (again["problem"], again["base_version"], again["id"]) == ("Mine", "2", COURSE)
    assert again["version_id"] != fields["version_id"]


@pytest.mark.parametrize(("status", "code"), [(409, "conflict"), (503, "unavailable")])
async def test_what_is_not_saved_is_kept(
    *, browser: Browser, therapist: Person, portal: FakePortal, status: int, code: str
) -> None:
    await browser.open_signed_in(therapist, HERE)
    fields = form_values(await browser.get(f"{HERE}/plan"), "plan") | {"problem": "Mine"}
    portal.treatment.refuse("PUT", fields["id"], status, code)
    page = await browser.post(f"{HERE}/plan", fields)
    again: dict[str, Any] = form_values(page, "plan")
    assert (page.status_code, again["problem"]) == (status, "Mine")
    assert (again["id"] == fields["id"]) is (status == 503)


async def test_nothing_is_lost_while_portal_is_away(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    await browser.open_signed_in(therapist, HERE)
    fields = form_values(await browser.get(f"{HERE}/plan"), "plan") | {"problem": "Mine"}
    portal.down = True
    page = await browser.post(f"{HERE}/plan", fields)
    assert page.status_code == 503
    assert "What you typed is still here." in words(page)
    assert form_values(page, "plan")["problem"] == "Mine"


async def test_somebody_else_s_client_cannot_be_written(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    await browser.open_signed_in(therapist, HERE)
    fields = form_values(await browser.get(f"{HERE}/plan"), "plan")
    portal.treatment.refuse("PUT", fields["id"], 404, "not_found")
    assert (await browser.post(f"{HERE}/plan", fields)).status_code == 404
    assert (await browser.post(f"{HERE}/plan", fields | {"id": "x"})).status_code == 400


async def test_another_course_is_begun_after_the_end_of_one(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.treatment.courses = [course(ended_on="2026-06-01")]
    page = await browser.open_signed_in(therapist, HERE)
    link = soup(page).find("a", string="Begin another course")
    assert link is not None
    fields = form_values(await browser.get(str(link["href"])), "plan")
    assert fields["id"] != COURSE
    assert fields["problem"] == ""


@pytest.mark.usefixtures("in_spanish")
async def test_in_spanish(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.treatment.courses = [course()]
    said = words(await browser.open_signed_in(therapist, f"{HERE}/plan"))
    assert "Tensi\u00f3n alta sin controlar" in said


async def test_a_watch_is_off_until_it_is_ticked_and_the_plan_says_so(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.treatment.courses = [course(items=["sleep_hours"])]
    said = words(await browser.open_signed_in(therapist, HERE))
    assert "Watched for" not in said
    page = await browser.get(f"{HERE}/plan")
    assert "never a diagnosis" in words(page)
    fields = form_values(page, "plan")
    assert "watch_energy" not in fields
    assert (await browser.post(f"{HERE}/plan", fields | {"watch_energy": "yes"})).status_code == 303
    assert portal.treatment.sent[0][2]["watch_energy"] is True
    portal.treatment.courses = [course(items=["sleep_hours"], watch_energy=True)]
    assert "Watched for: raised energy after short nights (hypomania, mania)" in words(await browser.get(HERE))
    assert form_values(await browser.get(f"{HERE}/plan"), "plan")["watch_energy"] == "yes"


async def test_a_watch_that_cannot_be_is_said_beside_it(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    refused = problem(422, "invalid_input", [{"field": "watch_energy", "code": "value_error", "message": ""}])
    portal.treatment.courses = [course()]
    portal.treatment.refusals["POST", "versions"] = refused
    await browser.open_signed_in(therapist, HERE)
    fields = form_values(await browser.get(f"{HERE}/plan"), "plan") | {"watch_energy": "yes"}
    page = await browser.post(f"{HERE}/plan", fields)
    assert page.status_code == 422
    shown = soup(page)
    (summed_up,) = shown.select(".error-summary a")
    assert shown.select_one(str(summed_up["href"])) is not None
    (beside,) = shown.select("#watch_energy-error")
    assert beside.get_text() == "Switch on “Hours slept” too: without it there is nothing to watch"
    assert form_values(page, "plan")["watch_energy"] == "yes"
