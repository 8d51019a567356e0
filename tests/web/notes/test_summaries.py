"""The summary of a session: the therapist's form, and what its client reads."""

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.course.test_desk import ADA, HERE, in_care
from tests.web.fake_journal import THERAPIST, problem
from tests.web.fake_notes import SUMMARY, summary
from tests.web.fake_portal import FakePortal
from tests.web.fake_treatment import MOMENT, SESSION, course, session

__all__ = ["in_care"]
ONE = f"{HERE}/sessions/{SESSION}"
FORM, CLIENTS = f"{ONE}/summary", f"/path/sessions/{SESSION}/summary"


@pytest.fixture(autouse=True)
def held(portal: FakePortal) -> None:
    portal.treatment.courses = [course(sessions=[session(state="ended", kind="integration")])]


async def test_writing_it(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    page = await browser.open_signed_in(therapist, ONE)
    assert soup(page).select_one(f'a[href="{FORM}"]') is not None
    page = await browser.get(FORM)
    fields = form_values(page, "summary")
    assert fields["for"] == "open"  # as the rule
    answer = await browser.post(FORM, fields | {"text": "About the door.\r\nAnd the key."})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}?done=summary")
    (sent,) = portal.notes.sent
    assert sent == (
        "PUT",
        f"summaries/{fields['id']}",
        {"session_id": SESSION, "text": "About the door.\nAnd the key."},
    )
    assert "The summary is saved." in words(await browser.get(answer.headers["location"]))


async def test_changing_it_and_withholding_it(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.notes.summaries = [summary(version=3)]
    fields = form_values(await browser.open_signed_in(therapist, FORM), "summary")
    assert (fields["text"], fields["base_version"]) == ("We spoke about the <door>.", "3")
    await browser.post(FORM, fields | {"for": "withheld", "withholding_reason": "It names somebody."})
    ((method, path, body),) = portal.notes.sent
    assert (method, path) == ("POST", f"summaries/{SUMMARY}/versions")
    assert body == {
        "version_id": fields["version_id"],
        "base_version": 3,
        "text": "We spoke about the <door>.",
        "withholding_reason": "It names somebody.",
    }
    asked = [dict(one.url.params) for one in portal.requests if "/summaries" in one.url.path]
    assert asked == [{"client": ADA}] * len(asked)


async def test_what_is_wrong_is_named_and_nothing_typed_is_lost(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    fields = form_values(await browser.open_signed_in(therapist, FORM), "summary")
    portal.notes.refusals["PUT"] = problem(422, "invalid_input", "text", "withholding_reason")
    refused = await browser.post(FORM, fields | {"text": " Words ", "for": "withheld", "withholding_reason": ""})
    assert refused.status_code == 422
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == ["#text", "#withholding_reason"]
    again = form_values(refused, "summary")
    assert (again["text"].strip(), again["for"], again["id"]) == ("Words", "withheld", fields["id"])


async def test_a_reason_to_withhold_it_does_not_open_it(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    """The choice was left as it stood: nothing is saved, and nothing typed is lost."""
    fields = form_values(await browser.open_signed_in(therapist, FORM), "summary")
    refused = await browser.post(FORM, fields | {"text": "Words", "withholding_reason": "It names somebody."})
    assert refused.status_code == 422
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == ["#withholding_reason"]
    assert portal.notes.sent == []
    assert form_values(refused, "summary")["withholding_reason"] == "It names somebody."


@pytest.mark.parametrize("code", ["summary_changed", "summary_written"])
async def test_somebody_was_faster(browser: Browser, therapist: Person, portal: FakePortal, code: str) -> None:
    """Saved once more it goes on top of what is there by then."""
    fields = form_values(await browser.open_signed_in(therapist, FORM), "summary")
    portal.notes.summaries = [summary(version=2)]
    portal.notes.refusals["PUT"] = problem(409, code)
    refused = await browser.post(FORM, fields | {"text": "Mine"})
    assert refused.status_code == 409
    assert "Nothing is lost" in words(refused)
    again = form_values(refused, "summary")
    assert (again["text"], again["id"], again["base_version"]) == ("Mine", SUMMARY, "2")
    await browser.post(FORM, again)
    assert portal.notes.sent[0][:2] == ("POST", f"summaries/{SUMMARY}/versions")


@pytest.mark.parametrize("code", ["summary_changed", "summary_written"])
async def test_what_was_withheld_meanwhile_is_not_opened_by_saving_once_more(
    browser: Browser, therapist: Person, portal: FakePortal, code: str
) -> None:
    fields = form_values(await browser.open_signed_in(therapist, FORM), "summary")
    portal.notes.summaries = [summary(version=2, withheld=True, withholding_reason="It names <somebody>.")]
    portal.notes.refusals["PUT"] = problem(409, code)
    refused = await browser.post(FORM, fields | {"text": "Mine", "for": "open"})
    assert refused.status_code == 409
    assert "Somebody wrote that the client does not read this summary" in words(refused)
    again = form_values(refused, "summary")
    assert (again["text"], again["for"], again["withholding_reason"]) == ("Mine", "withheld", "It names <somebody>.")
    await browser.post(FORM, again)
    ((_, _, body),) = portal.notes.sent
    assert (body["base_version"], body["withholding_reason"]) == (2, "It names <somebody>.")


async def test_ones_own_reason_stays_beside_that_of_somebody_faster(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    fields = form_values(await browser.open_signed_in(therapist, FORM), "summary")
    portal.notes.summaries = [summary(version=2, withheld=True, withholding_reason="It names somebody.")]
    portal.notes.refusals["PUT"] = problem(409, "summary_changed")
    mine = {"text": "Mine", "for": "withheld", "withholding_reason": "Too early."}
    again = form_values(await browser.post(FORM, fields | mine), "summary")
    assert {name: again[name] for name in mine} == mine


async def test_portal_away_loses_nothing(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    fields = form_values(await browser.open_signed_in(therapist, FORM), "summary")
    portal.notes.refusals["PUT"] = problem(503, "unavailable")
    refused = await browser.post(FORM, fields | {"text": "Still here"})
    assert refused.status_code == 503
    assert form_values(refused, "summary")["text"] == "Still here"


async def test_its_client_reads_it_from_their_path(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    page = await browser.open_signed_in(client_person, "/path")
    assert not soup(page).select(f'a[href="{CLIENTS}"]')
    portal.notes.summaries = [summary(edited_at="2026-03-11T09:00:00+00:00")]
    assert soup(await browser.get("/path")).select(f'a[href="{CLIENTS}"]')
    said = words(await browser.get(CLIENTS))
    assert "We spoke about the <door>." in said
    assert "Written by Dr Falk, as it stands since 11 March 2026." in said


@pytest.mark.parametrize(("writer", "named"), [("Dr Gone", "Dr Gone"), ("", "somebody at the practice")])
async def test_its_client_reads_who_wrote_it_and_who_changed_it(
    browser: Browser, client_person: Person, portal: FakePortal, writer: str, named: str
) -> None:
    """Nobody is "your therapist" for want of a name: that is somebody else."""
    gone = {"id": "0195e3a0-0000-7000-8000-0000000000bc", "name": writer}
    portal.notes.summaries = [summary(made_by=gone, edited_by=THERAPIST, edited_at="2026-03-11T09:00:00+00:00")]
    await browser.open_signed_in(client_person, "/path")
    assert f"Written by {named}, changed by Dr Falk on 11 March 2026." in words(await browser.get(CLIENTS))


async def test_one_that_is_not_there_for_its_client(browser: Browser, client_person: Person) -> None:
    """Withheld or not written: portal tells them of neither."""
    await browser.open_signed_in(client_person, "/path")
    assert (await browser.get(CLIENTS)).status_code == 404


async def test_what_it_said_before(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    page = await browser.open_signed_in(therapist, FORM)
    assert not soup(page).select(f'a[href="{FORM}/versions"]')
    assert (await browser.get(f"{FORM}/versions")).status_code == 404
    portal.notes.summaries = [summary(version=2)]
    portal.notes.versions = [
        {"version": 1, "made_at": MOMENT, "made_by": THERAPIST, "text": "First", "withholding_reason": "Not yet."},
        {"version": 2, "made_at": MOMENT, "made_by": THERAPIST, "text": "Then", "withholding_reason": None},
    ]
    assert soup(await browser.get(FORM)).select(f'a[href="{FORM}/versions"]')
    page = await browser.get(f"{FORM}/versions")
    assert [one["id"] for one in soup(page).select("section.card")] == ["version-2", "version-1"]
    assert words(page).count("Withheld from the client: Not yet.") == 1
    assert "Written by Dr Falk" in words(page)
