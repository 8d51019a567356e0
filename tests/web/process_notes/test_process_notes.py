"""A therapist's process notes: the list, the form, what it said before, erasing one."""

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.course.test_desk import ADA, in_care
from tests.web.fake_journal import problem
from tests.web.fake_portal import FakePortal
from tests.web.fake_process_notes import NOTE, note
from tests.web.fake_treatment import MOMENT

__all__ = ["in_care"]
LIST = f"/clients/{ADA}/process-notes"
NEW, ONE = f"{LIST}/new", f"{LIST}/{NOTE}"


async def test_the_list_is_a_place_of_the_client(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    page = await browser.open_signed_in(therapist, LIST)
    assert "There are none yet." in words(page)
    portal.process_notes.notes, portal.process_notes.next = [note(edited_at=MOMENT)], "abc"
    page = await browser.get(LIST)
    assert "I noticed that I <hurried>." in words(page)
    tabs = [(one.get_text(), one.has_attr("aria-current")) for one in soup(page).select("nav.periods a")]
    assert ("Process notes", True) in tabs
    assert [one["href"] for one in soup(page).select("li.entry a")] == [ONE]
    assert soup(page).select(f'a[href="{LIST}?after=abc"]')
    assert {one.url.params.get("client") for one in portal.requests if "process-notes" in one.url.path} == {ADA}


async def test_the_form_says_what_does_not_belong_in_one(browser: Browser, therapist: Person) -> None:
    said = words(await browser.open_signed_in(therapist, NEW))
    for line in ("No medicines, session times, test results or plan", "medicines and doses", "Yours alone."):
        assert line in said


async def test_writing_one(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    fields = form_values(await browser.open_signed_in(therapist, NEW), "process-note")
    answer = await browser.post(NEW, fields | {"text": " He stops.\r\nThere. "})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{LIST}/{fields['id']}?done=saved")
    assert portal.process_notes.sent == [("PUT", f"process-notes/{fields['id']}", {"text": "He stops.\nThere."})]


async def test_reading_and_changing_one(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.process_notes.notes = [note(version=2, edited_at=MOMENT)]
    page = await browser.open_signed_in(therapist, f"{ONE}?done=saved")
    assert "The note is saved. You alone read it." in words(page)
    assert soup(page).select(f'a[href="{ONE}/versions"]')
    fields = form_values(await browser.get(f"{ONE}/change"), "process-note")
    assert (fields["text"], fields["base_version"]) == ("I noticed that I <hurried>.", "2")
    answer = await browser.post(f"{ONE}/change", fields | {"text": "Shorter"})
    assert answer.headers["location"] == f"{ONE}?done=saved"
    body = {"text": "Shorter", "version_id": fields["version_id"], "base_version": 2}
    assert portal.process_notes.sent == [("POST", f"process-notes/{NOTE}/versions", body)]


async def test_what_it_said_before(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.process_notes.versions = [{"version": n, "made_at": MOMENT, "text": f"Thought {n}"} for n in (1, 2)]
    page = await browser.open_signed_in(therapist, f"{ONE}/versions")
    assert [one["id"] for one in soup(page).select("section.card")] == ["version-2", "version-1"]


async def test_erasing_one_says_what_that_means(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.process_notes.notes = [note()]
    said = words(await browser.open_signed_in(therapist, f"{ONE}/erasure"))
    assert "It goes with everything it said before, for good" in said
    answer = await browser.post(f"{ONE}/erasure")
    assert answer.headers["location"] == f"{LIST}?done=erased"
    assert portal.process_notes.sent == [("DELETE", f"process-notes/{NOTE}", None)]


@pytest.mark.parametrize("path", [NEW, f"{ONE}/change"])
async def test_what_is_wrong_is_named_and_nothing_typed_is_lost(
    browser: Browser, therapist: Person, portal: FakePortal, path: str
) -> None:
    portal.process_notes.notes = [note()]
    fields = form_values(await browser.open_signed_in(therapist, path), "process-note")
    for status, code in ((422, "invalid_input"), (503, "unavailable")):
        refusal = problem(status, code, *(["text"] if status == 422 else []))
        portal.process_notes.refusals = {"PUT": refusal, "POST": refusal}
        refused = await browser.post(path, fields | {"text": "x" * 10_001})
        assert refused.status_code == status
        assert form_values(refused, "process-note")["text"] == "x" * 10_001
        named = [one["href"] for one in soup(refused).select(".error-summary a")]
        assert named == (["#text"] if status == 422 else [])


async def test_changed_in_another_tab(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    """Saved once more it goes on top of what is there by then."""
    portal.process_notes.notes = [note()]
    fields = form_values(await browser.open_signed_in(therapist, f"{ONE}/change"), "process-note")
    portal.process_notes.notes = [note(version=2)]
    portal.process_notes.refusals["POST"] = problem(409, "note_changed")
    refused = await browser.post(f"{ONE}/change", fields | {"text": "Mine"})
    assert refused.status_code == 409
    assert "Nothing is lost" in words(refused)
    again = form_values(refused, "process-note")
    assert (again["text"], again["base_version"]) == ("Mine", "2")
    assert again["version_id"] != fields["version_id"]


async def test_when_care_has_ended_nothing_is_offered_to_change(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.process_notes.notes, portal.process_notes.may_write = [note(may_write=False)], False
    page = await browser.open_signed_in(therapist, LIST)
    assert "Your care of this client has ended" in words(page)
    assert not soup(page).select(f'a[href="{NEW}"]')
    assert not soup(await browser.get(ONE)).select(f'a[href^="{ONE}/"]')


async def test_whoever_stands_in_reads_why_there_are_none(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.process_notes.refusals["GET"] = problem(404, "not_found")
    page = await browser.open_signed_in(therapist, LIST)
    assert page.status_code == 200
    assert "because you stand in for a colleague, or opened it in an emergency" in words(page)
    assert (await browser.get(ONE)).status_code == 404
