"""One check-in's pages: what it says and who opened it, changing it, deleting it after being told what that means."""

import json
from typing import Any

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_portal import FakePortal, check_in, problem

ID = "0195e3a0-0000-7000-8000-000000000001"
PAGE = f"/check-ins/{ID}"
READING = {
    "reader_id": "0195e3a0-0000-7000-8000-0000000000bb",
    "reader_name": "Dr Ines Falk",
    "version": 1,
    "first_read_at": "2026-03-30T09:00:00Z",
}


@pytest.fixture
def one(portal: FakePortal) -> dict[str, Any]:
    """The client has one check-in, with everything in it."""
    entry = check_in(words=["calm"], tags=["work"], items={"hope": 3.0}, felt_at="2026-03-29T20:10:41+00:00")
    portal.check_ins[PAGE[1:]] = entry
    portal.versions = [entry]
    return entry


async def test_what_it_says_and_who_opened_it(
    browser: Browser, client_person: Person, portal: FakePortal, one: dict[str, Any]
) -> None:
    changed = {"version": 2, "edited_at": "2026-03-30T08:00:00Z", "mood": -1.0, "note": "Changed words"}
    portal.versions = [one | {"visibility": "only_me"}, one | changed]
    portal.readings = [READING, READING | {"reader_name": None, "version": 2}]
    said = words(await browser.open_signed_in(client_person, f"{PAGE}?changed=true"))
    for sentence in (
        "Hope 3 · calm · work",
        "Changed words",
        "Changed on Mon 30 Mar, 09:00.",
        "You and your therapist see this.",
        "Dr Ines Falk opened it on Mon 30 Mar, 10:00",
        "Somebody who treated you opened it",
        "What it said before Sun 29 Mar, 21:10 · only you",
        "A <b>quiet</b> evening",
        "Changed. What it said before is kept below.",
    ):
        assert sentence in said
    assert "Nobody has opened it yet" not in said


@pytest.mark.usefixtures("one")
async def test_shared_and_not_opened(browser: Browser, client_person: Person) -> None:
    said = words(await browser.open_signed_in(client_person, PAGE))
    assert "Nobody has opened it yet. Its numbers may already show in the curve" in said
    assert "What it said before" not in said


async def test_a_change_keeps_what_was_not_touched(
    browser: Browser, client_person: Person, portal: FakePortal, one: dict[str, Any]
) -> None:
    """To the second, which the form does not show; sent twice it has one id."""
    page = await browser.open_signed_in(client_person, f"{PAGE}/change")
    fields = form_values(page, "check-in")
    assert (fields["felt_at"], fields["note"], fields["word-calm"]) == ("2026-03-29T21:10", one["note"], "yes")
    assert soup(page).select_one("[data-name=item-hope]")["data-value"] == "3.0"  # type: ignore[index]  # it is there
    answer = await browser.post(f"{PAGE}/change", {**fields, "mood": "-1", "item-hope": "3"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?changed=true")
    body = json.loads(portal.requests[-1].content)
    assert body == {
        "mood": -1.0, "energy": -1.5, "anxiety": None, "note": one["note"], "items": {"hope": 3.0}, "words": ["calm"],
        "tags": ["work"], "felt_at": one["felt_at"], "time_zone": "Europe/London", "visibility": "therapist",
        "version_id": fields["id"],
    }  # fmt: skip


@pytest.mark.usefixtures("one")
async def test_a_change_that_is_refused_keeps_what_was_typed(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    fields = form_values(await browser.open_signed_in(client_person, f"{PAGE}/change"), "check-in")
    fields |= {"note": "Still here", "mood": "2"}
    opened = [{"field": "visibility", "code": "already_opened", "message": "x"}]
    for refusal, status, sentence in (
        (problem(422, "invalid_input", opened), 422, "Your therapist has opened this check-in: it stays shared"),
        (problem(409, "conflict"), 409, "saved before with other values"),
        (problem(503, "unavailable"), 503, "could not be saved just now"),
    ):
        portal.answers["POST", f"{PAGE[1:]}/versions"] = refusal
        answer = await browser.post(f"{PAGE}/change", fields)
        assert (answer.status_code, sentence in words(answer)) == (status, True)
        again = form_values(answer, "check-in")
        assert (again["note"], again["id"] == fields["id"]) == ("Still here", status != 409)
    unreadable = await browser.post(f"{PAGE}/change", {**fields, "felt_at": "soon"})
    assert (unreadable.status_code, form_values(unreadable, "check-in")["felt_at"]) == (422, "soon")


@pytest.mark.usefixtures("one")
@pytest.mark.parametrize("away", ["no answer", "503", "readings only"])
async def test_a_change_while_portal_is_away_keeps_what_was_typed(
    browser: Browser, client_person: Person, portal: FakePortal, away: str
) -> None:
    fields = form_values(await browser.open_signed_in(client_person, f"{PAGE}/change"), "check-in")
    fields |= {"note": "Still here", "item-hope": "4", "visibility": "therapist"}
    portal.down = away == "no answer"
    gone = set() if away == "readings only" else {("GET", PAGE[1:]), ("GET", "check-ins/vocabulary")}
    refused = {*gone, ("GET", f"{PAGE[1:]}/readings"), ("POST", f"{PAGE[1:]}/versions")}
    portal.answers = dict.fromkeys(refused, problem(503, "unavailable"))
    answer = await browser.post(f"{PAGE}/change", fields)
    assert (answer.status_code, "What you typed is still here" in words(answer)) == (503, True)
    again = form_values(answer, "check-in")
    kept = ("id", "note", "visibility", "word-calm", "felt_at", "time_zone", *(["item-hope"] if gone else []))
    assert {name: again[name] for name in kept} == {name: fields[name] for name in kept}
    portal.down, portal.answers = False, {}
    assert (await browser.post(f"{PAGE}/change", again)).status_code == 303


@pytest.mark.usefixtures("one")
async def test_a_change_of_what_was_deleted_in_another_tab_shows_the_note_once_more(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    fields = form_values(await browser.open_signed_in(client_person, f"{PAGE}/change"), "check-in")
    portal.check_ins.clear()
    answer = await browser.post(f"{PAGE}/change", {**fields, "note": "Still here"})
    assert answer.status_code == 404
    assert "Copy your words before you leave this page: Still here" in words(answer)


@pytest.mark.usefixtures("one")
async def test_what_was_opened_stays_shared(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.readings = [READING]
    page = await browser.open_signed_in(client_person, f"{PAGE}/change")
    assert "It stays shared with them, and they see that you changed it." in words(page)
    assert not soup(page).select("input[type=radio][name=visibility]")
    assert form_values(page, "check-in")["visibility"] == "therapist"


@pytest.mark.parametrize(
    ("visibility", "sentence"),
    [
        ("therapist", "Your therapist has not opened it."),
        ("only_me", "Nobody but you has opened it."),
    ],
)
async def test_deleting_says_first_what_it_means(
    *,
    browser: Browser,
    client_person: Person,
    portal: FakePortal,
    one: dict[str, Any],
    visibility: str,
    sentence: str,
) -> None:
    one["visibility"] = visibility
    page = await browser.open_signed_in(client_person, f"{PAGE}/deletion")
    assert sentence in words(page)
    assert PAGE[1:] in portal.check_ins
    answer = await browser.post(f"{PAGE}/deletion")
    assert (answer.status_code, answer.headers["location"]) == (303, "/check-ins?deleted=true")
    assert portal.check_ins == {}
    assert "Deleted. Nothing of what it said is left here." in words(await browser.get(answer.headers["location"]))


@pytest.mark.usefixtures("one")
async def test_what_was_opened_is_not_deleted(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    """Neither offered, nor done where it was opened while the page stood there."""
    page = await browser.open_signed_in(client_person, f"{PAGE}/deletion")
    assert "Delete it for good" in words(page)
    portal.readings = [READING]
    portal.answers["DELETE", PAGE[1:]] = problem(409, "already_opened")
    for shown, status in (
        (await browser.get(f"{PAGE}/deletion"), 200),
        (await browser.post(f"{PAGE}/deletion"), 409),
    ):
        assert shown.status_code == status
        assert "Dr Ines Falk opened it on Mon 30 Mar, 10:00 What somebody who treats you has read" in words(shown)
        assert "Delete it for good" not in words(shown)


async def test_one_that_is_not_there(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.answers["GET", f"{PAGE[1:]}/versions"] = problem(404, "not_found")
    assert (await browser.open_signed_in(client_person, PAGE)).status_code == 404
    for path in ("change", "deletion"):
        assert (await browser.get(f"{PAGE}/{path}")).status_code == 404
        assert (await browser.post(f"{PAGE}/{path}", {"id": ID, "mood": "1"})).status_code == 404
    assert (await browser.get("/check-ins/none")).status_code == 404


async def test_how_it_came(browser: Browser, client_person: Person, portal: FakePortal, one: dict[str, Any]) -> None:
    assert "reminder" not in words(await browser.open_signed_in(client_person, PAGE))
    portal.versions = [one | {"origin": "prompted"}]
    assert "You entered it after a reminder" in words(await browser.get(PAGE))
