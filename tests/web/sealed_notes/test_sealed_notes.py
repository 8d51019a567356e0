"""Sealed notes: asked for at the desk, decided by an admin, read while they are open."""

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.course.test_desk import ADA, in_care
from tests.web.fake_accounts import FakeAccounts
from tests.web.fake_journal import problem
from tests.web.fake_portal import FakePortal
from tests.web.fake_sealed_notes import ASKING, AUTHOR, ENDS, OPENING, opening
from tests.web.fake_treatment import MOMENT

__all__ = ["in_care"]
OWN = f"/clients/{ADA}/process-notes"
ASK, OPENED = f"/clients/{ADA}/sealed-notes/{AUTHOR['id']}/opening", f"/clients/{ADA}/sealed-notes/{OPENING}"
DECISION = f"/sealed-notes/{OPENING}/decision"


async def test_they_stand_beside_ones_own_and_can_be_asked_for(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    page = await browser.open_signed_in(therapist, OWN)
    assert not soup(page).select("#sealed")
    portal.sealed_notes.books = [{"author": AUTHOR, "opening": None}]
    assert soup(await browser.get(OWN)).select(f'#sealed a[href="{ASK}"]')
    page = await browser.get(ASK)
    assert "It takes two people: you ask, and an admin decides." in words(page)
    fields = form_values(page, "opening") | {"ground": "legal", "words": " File 12/7 "}
    answer = await browser.post(ASK, fields)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{OWN}?done=asked")
    body = {"author_id": AUTHOR["id"], "ground": "legal", "words": "File 12/7"}
    assert portal.sealed_notes.sent == [(f"sealed-notes/openings/{fields['id']}", body)]
    portal.sealed_notes.books = [{"author": AUTHOR, "opening": opening()}]
    page = await browser.get(f"{OWN}?done=asked")
    assert "waits for an admin" in words(page)
    assert not soup(page).select("#sealed a")


async def test_what_is_wrong_is_named_and_nothing_typed_is_lost(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.sealed_notes.books = [{"author": AUTHOR, "opening": None}]
    fields = form_values(await browser.open_signed_in(therapist, ASK), "opening")
    portal.sealed_notes.refusals["PUT"] = problem(422, "invalid_input", "ground", "words")
    refused = await browser.post(ASK, fields | {"words": "x" * 1_001})
    assert refused.status_code == 422
    assert [one["href"] for one in soup(refused).select(".error-summary a")] == ["#ground", "#words"]
    assert form_values(refused, "opening")["words"] == "x" * 1_001
    portal.sealed_notes.refusals["PUT"] = problem(409, "already_asked")
    assert "an admin is to decide" in words(await browser.post(ASK, fields | {"words": "Why"}))
    portal.sealed_notes.books = []
    assert (await browser.get(ASK)).status_code == 404


async def test_they_are_read_while_they_are_open(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.sealed_notes.books = [{"author": AUTHOR, "opening": opening(state="open", ends_at=ENDS)}]
    page = await browser.open_signed_in(therapist, OWN)
    assert soup(page).select(f'#sealed a[href="{OPENED}"]')
    portal.sealed_notes.notes = [
        {"id": OPENING, "version": 1, "written_at": MOMENT, "edited_at": None, "text": "I <hurried>."}
    ]
    said = words(await browser.get(OPENED))
    assert "I <hurried>." in said
    assert "Written by Dr Gone for themselves." in said
    portal.sealed_notes.notes = []
    assert (await browser.get(OPENED)).status_code == 404


@pytest.mark.parametrize("answer", ["yes", "no"])
async def test_an_admin_decides(
    browser: Browser, admin: Person, portal: FakePortal, accounts: FakeAccounts, answer: str
) -> None:
    """They read who asks for whose notes and why, and no note."""
    accounts.desk.names = {ADA: "Ada Lindqvist", AUTHOR["id"]: "Dr Gone", ASKING: "Dr Falk"}
    page = await browser.open_signed_in(admin, "/sealed-notes")
    assert "Nobody asked" in words(page)
    portal.sealed_notes.openings = [opening()]
    page = await browser.get("/sealed-notes")
    assert [one["href"] for one in soup(page).select("#openings a")] == [DECISION]
    said = words(await browser.get(DECISION))
    for line in ("Dr Gone", "Ada Lindqvist", "Dr Falk", "File <12/7>.", "A court or an authority asks for them"):
        assert line in said
    done = await browser.post(DECISION, {"approved": answer})
    assert (done.status_code, done.headers["location"]) == (303, "/sealed-notes?done=true")
    assert portal.sealed_notes.sent == [(f"sealed-notes/openings/{OPENING}/decision", {"approved": answer == "yes"})]
    portal.sealed_notes.refusals["PUT"] = problem(409, "already_decided")
    assert (await browser.post(DECISION, {"approved": answer})).headers["location"] == DECISION
    portal.sealed_notes.openings = [opening(state="declined")]
    page = await browser.get(DECISION)
    assert not soup(page).select("#decision")
    assert "declined" in words(page)
    portal.sealed_notes.openings = []
    assert (await browser.get(DECISION)).status_code == 404
