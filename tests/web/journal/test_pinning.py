"""Pin a line of an entry, take it back, read it as a therapist: by forms alone, and who sees it said beforehand."""

import pytest
from afterglow_foundation.testing.people import Person
from afterglow_web.journal.lines import lines_of

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_journal import MOMENT, THERAPIST, FakeJournal, entry, pinned, problem
from tests.web.fake_portal import FakePortal

CLIENT = "0195e3a0-0000-7000-8000-0000000000aa"
ENTRY = f"/journal/{entry()['id']}"
FORM = f"form[action='{ENTRY}/lines']"


@pytest.fixture
def journal(portal: FakePortal) -> FakeJournal:
    portal.journal.entries[entry()["id"]] = entry(text="It was here.\n\n- *Then* it went", visibility="only_me")
    return portal.journal


async def choose(browser: Browser, person: Person) -> dict[str, str]:
    """Open the entry and return what its form would post, with nothing chosen."""
    (form,) = soup(await browser.open_signed_in(person, ENTRY)).select(FORM)
    assert [str(box["value"]) for box in form.select("[name=line]")] == ["It was here.", "Then it went"]
    assert not form.select("[checked]")
    assert "Dr Falk will see this line from now on, and nothing else of the entry." in " ".join(form.get_text().split())
    return {str(one["name"]): str(one.get("value", "")) for one in form.select("input[type=hidden]")}


async def test_pinned_shown_and_taken_back(browser: Browser, client_person: Person, journal: FakeJournal) -> None:
    fields = await choose(browser, client_person)
    answer = await browser.post(f"{ENTRY}/lines", {**fields, "line": "It was here."})
    assert answer.headers["location"] == f"{ENTRY}?pinned=yes"
    assert [(one["text"], one["entry_id"]) for one in journal.lines.values()] == [("It was here.", entry()["id"])]
    page = words(await browser.get(answer.headers["location"]))
    assert "Pinned for our next session." in page
    assert "Dr Falk can see it, and has not opened it yet." in page
    assert "Only you, apart from the lines that you pinned below." in page
    (listed,) = soup(await browser.get("/agenda")).select("form[action$='/removal']")
    gone = await browser.post(str(listed["action"]))
    assert "Nobody has read it" in words(await browser.get(gone.headers["location"]))
    assert "Nothing is pinned." in words(await browser.get("/agenda"))


async def test_what_was_read_stays_and_says_so(browser: Browser, client_person: Person, journal: FakeJournal) -> None:
    line = pinned()
    journal.lines[line["id"]] = line
    await browser.open_signed_in(client_person, "/agenda")
    assert "you can still take it back" in words(await browser.post(f"/agenda/{line['id']}/settled"))
    line["readings"] = [{"reader": THERAPIST, "read_at": MOMENT}]
    refused = await browser.post(f"/agenda/{line['id']}/removal")
    assert refused.status_code == 409
    assert "it cannot be taken back" in words(refused)
    assert "Dr Falk read it on Sun 29 Mar, 21:10." in words(refused)
    assert not soup(refused).select("form[action$='/removal']")
    settled = await browser.post(f"/agenda/{line['id']}/settled")
    assert "That it was read stays in your record." in words(await browser.get(settled.headers["location"]))


async def test_refused_forms_keep_what_was_chosen(
    browser: Browser, client_person: Person, journal: FakeJournal
) -> None:
    fields = await choose(browser, client_person)
    for typed in ({}, {"words": "  "}, {"words": "It never was"}):
        answer = await browser.post(f"{ENTRY}/lines", {**fields, **typed})
        assert answer.status_code == 422
        assert "Choose a line, or copy words as they stand in the entry" in words(answer)
        assert form_values(answer, "pin")["words"] == typed.get("words", "")
    for code, said in (("too_many_lines", "Twenty lines"), ("nobody_treats", "Nobody treats"), ("conflict", "before")):
        journal.refusals["PUT agenda"] = problem(409, code)
        answer = await browser.post(f"{ENTRY}/lines", {**fields, "line": "Then it went"})
        assert (answer.status_code, said in words(answer)) == (409, True)
        assert form_values(answer, "pin")["line"] == "Then it went"
        assert (form_values(answer, "pin")["id"] == fields["id"]) is (code != "conflict")
    journal.refusals["PUT agenda"] = problem(503, "unavailable")
    away = await browser.post(f"{ENTRY}/lines", {**fields, "words": "It was"})
    assert (away.status_code, "It was" in words(away)) == (503, True)
    journal.refusals.clear()
    journal.therapists = []
    assert "nobody to pin a line for" in words(await browser.get(ENTRY))


@pytest.mark.usefixtures("journal")
async def test_a_therapist_reads_the_line_alone(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.clients[CLIENT] = {"id": CLIENT, "name": "Ada", "time_zone": "UTC", "since": "2026-01-01T00:00:00Z"}
    page = await browser.open_signed_in(therapist, f"/clients/{CLIENT}")
    assert soup(page).select(f"a[href='/clients/{CLIENT}/agenda']")
    assert "pinned nothing" in words(await browser.get(f"/clients/{CLIENT}/agenda"))
    portal.journal.lines["x"] = pinned()
    read = await browser.get(f"/clients/{CLIENT}/agenda")
    assert "It was inside the room." in words(read)
    assert "recorded, and the client sees it" in words(read)
    assert entry()["id"] not in read.text


def test_lines_to_choose_from() -> None:
    text = "# At *night*\n\n> 1. [A song](https://example.org/a_b)\n---\nSame\nSame\n" + "A long sentence here. " * 10
    assert lines_of(text) == ["At night", "A song", "Same", "A long sentence here."]
    assert len(lines_of("\n".join(map(str, range(1000))))) == 40
    assert lines_of("x" * 20_000) == []
