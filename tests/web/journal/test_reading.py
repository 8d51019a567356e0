"""The list, searching, sharing anew, erasing; what a therapist sees; and all of it in Spanish."""

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_journal import THERAPIST, FakeJournal, entry
from tests.web.fake_portal import FakePortal

CLIENT = "0195e3a0-0000-7000-8000-0000000000aa"


@pytest.fixture
def journal(portal: FakePortal) -> FakeJournal:
    stored = entry(version=2, edited_at="2026-03-30T09:00:00Z", phase="preparation")
    portal.journal.entries[stored["id"]] = stored
    portal.clients[CLIENT] = {"id": CLIENT, "name": "Ada", "time_zone": "UTC", "since": "2026-01-01T00:00:00Z"}
    return portal.journal


async def test_the_list_and_somebody_new(browser: Browser, client_person: Person, journal: FakeJournal) -> None:
    journal.therapists = [THERAPIST | {"earlier": 2}]
    page = await browser.open_signed_in(client_person, "/journal")
    for said in ("The sea", "Before a session", "changed Mon 30 Mar", "Dr Falk cannot open 2 entries"):
        assert said in words(page)
    assert soup(page).select_one('#earlier-1 a[href="/earlier-shares"]') is not None
    assert "The sea" in words(await browser.fragment("/journal"))


async def test_search_stands_in_no_address(browser: Browser, client_person: Person, journal: FakeJournal) -> None:
    await browser.open_signed_in(client_person, "/journal")
    for question, said in (("inside", "One entry holds these words."), ("zebra", "No entry holds all")):
        page = await browser.post("/journal/search", {"q": question})
        assert said in words(page)
        assert form_values(page, "search")["q"] == question
    page = await browser.post("/journal/search", {"q": " "})
    assert (page.status_code, len(journal.entries)) == (422, 1)
    assert "Write one word or a few" in words(page)


async def test_one_entry_goes_on_and_is_erased(browser: Browser, client_person: Person, journal: FakeJournal) -> None:
    address = f"/journal/{entry()['id']}"
    page = await browser.open_signed_in(client_person, address)
    assert soup(page).select(".written em")
    on = soup(page).find("a", string="Go on from here")
    assert on is not None
    begun = await browser.get(str(on["href"]))
    assert begun.headers["location"].endswith(f"/write?phase=experience&follows={entry()['id']}")
    fields = form_values(await browser.get(begun.headers["location"]), "entry")
    assert (fields["phase"], fields["follows"]) == ("experience", entry()["id"])
    assert "Version 2" in words(await browser.get(f"{address}/versions"))
    assert "for good" in words(await browser.get(f"{address}/erasure"))
    assert (await browser.post(f"{address}/erasure")).headers["location"] == "/journal?draft=erased"
    assert journal.entries == {}
    assert (await browser.get(address)).status_code == 404


async def test_shared_with_nobody_who_can_read_it_now(
    browser: Browser, client_person: Person, journal: FakeJournal
) -> None:
    journal.entries[entry()["id"]]["shared_with"] = [THERAPIST | {"name": ""}]
    page = words(await browser.open_signed_in(client_person, f"/journal/{entry()['id']}"))
    assert "Only you now: whoever you shared it with does not treat you here any more." in page
    assert "Nobody has opened it yet" not in page


@pytest.mark.usefixtures("journal")
async def test_a_therapist_opens_a_shared_entry(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    listed = await browser.open_signed_in(therapist, f"/clients/{CLIENT}/journal")
    assert "opening this is recorded" in words(listed)
    assert "Not opened yet" in words(listed)
    assert "The sea" not in words(listed)
    page = await browser.get(f"/clients/{CLIENT}/journal/{entry()['id']}")
    assert soup(page).select(".written em")
    assert "recorded, and the client sees it" in words(page)
    assert "Not opened yet" in words(await browser.fragment(f"/clients/{CLIENT}/journal"))
    portal.journal.entries[entry()["id"]]["read_at"] = "2026-03-30T08:00:00Z"
    changed = words(await browser.get(f"/clients/{CLIENT}/journal"))
    assert "Changed since you opened it" in changed
    assert "Not opened yet" not in changed
    assert soup(await browser.get(f"/clients/{CLIENT}")).select(f"a[href='/clients/{CLIENT}/journal']")


@pytest.mark.usefixtures("journal")
async def test_a_therapist_follows_a_thread_as_far_as_it_is_shared(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    before, after = "0195e3a0-0000-7000-8000-000000000002", "0195e3a0-0000-7000-8000-000000000003"
    portal.journal.entries[entry()["id"]] |= {"follows": before, "continued_by": [after]}
    page = await browser.open_signed_in(therapist, f"/clients/{CLIENT}/journal/{entry()['id']}")
    for other in (before, after):
        assert soup(page).select(f"main a[href='/clients/{CLIENT}/journal/{other}']")
    assert not [one for one in portal.requests if one.url.path.endswith((before, after))]


@pytest.mark.usefixtures("in_spanish")
async def test_in_spanish(browser: Browser, client_person: Person, journal: FakeJournal) -> None:
    page = await browser.open_signed_in(client_person, "/journal")
    assert "Su diario" in words(page) or "Diario" in words(page)
    address = f"/journal/{entry()['id']}"
    fields = form_values(await browser.get(f"{address}/write"), "entry")
    reading = {"reader": THERAPIST, "read_at": "2026-03-30T09:00:00Z", "version": 1}
    journal.entries[entry()["id"]]["readings"] = [reading]
    answer = await browser.post(address, {**fields, "visibility": "only_me"})
    assert "Esto ya se leyó: Dr Falk, lun 30 mar, 10:00." in words(answer)
    assert "¿Borrar esta entrada?" in words(await browser.get(f"{address}/erasure"))
