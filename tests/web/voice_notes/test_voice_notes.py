"""Voice notes: a page that records, a form that works without, parts by offset, players that a policy lets play."""

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_journal import COVER, MOMENT, THERAPIST, FakeJournal, entry, problem
from tests.web.fake_portal import FakePortal

CLIENT = "0195e3a0-0000-7000-8000-0000000000aa"
ENTRY = f"/journal/{entry()['id']}"
RECORDING = f"{ENTRY}/recording"


@pytest.fixture
def journal(portal: FakePortal) -> FakeJournal:
    portal.journal.entries[entry()["id"]] = entry()
    portal.clients[CLIENT] = {"id": CLIENT, "name": "Ada", "time_zone": "UTC", "since": "2026-01-01T00:00:00Z"}
    return portal.journal


async def send(browser: Browser, content: bytes, kind: str) -> httpx.Response:
    """The plain form."""
    headers = {"origin": str(browser.http.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    files = {"file": ("recording", content, kind)} if content else None
    fields = {"csrf_token": browser.token}
    return browser.looked_at(await browser.http.post(RECORDING, data=fields, files=files, headers=headers))


async def test_only_the_page_that_records_may_use_the_microphone(
    browser: Browser, client_person: Person, journal: FakeJournal
) -> None:
    page = await browser.open_signed_in(client_person, RECORDING)
    assert "microphone=(self)" in page.headers["permissions-policy"]
    assert "media-src 'self' blob:;" in page.headers["content-security-policy"] + ";"
    assert soup(page).select("#recorder[hidden]")
    assert "can hear it as soon as you keep it" in words(page)
    journal.standing_in = [COVER]
    assert "as soon as you keep it, and Dr Weber while standing in." in words(await browser.get(RECORDING))
    other = await browser.get(ENTRY)
    assert "microphone=()" in other.headers["permissions-policy"]
    assert "blob:" not in other.headers["content-security-policy"]
    assert "media-src" not in (await browser.get("/journal")).headers["content-security-policy"]
    assert (await browser.get(f"/journal/{new_id()}/recording")).status_code == 404
    begun = str(new_id())
    typed = dict.fromkeys(("title", "text", "felt_at", "time_zone"), "")
    chosen = dict.fromkeys(("phase", "follows", "visibility"))
    stored = {"entry_id": begun, "base_version": 0, "revision": 1, "saved_at": MOMENT}
    journal.drafts[begun] = typed | chosen | stored
    page = await browser.get(f"/journal/{begun}/recording")
    assert "Who may hear it you say when you save" in words(page)
    assert soup(page).select(f"a[href='/journal/{begun}/write']")


async def test_the_plain_form(browser: Browser, client_person: Person, journal: FakeJournal) -> None:
    await browser.open_signed_in(client_person, RECORDING)
    sound = bytes(range(256)) * 2_000
    kept = await send(browser, sound, "audio/wav")
    assert (kept.status_code, kept.headers["location"]) == (303, f"{RECORDING}?kept=true")
    (note,) = journal.voice_notes.values()
    assert journal.sounds[note["id"]] == sound
    page = await browser.get(kept.headers["location"])
    assert "It belongs to your entry now" in words(page)
    assert soup(page).select(f"audio[preload=none][src='{ENTRY}/voice-notes/{note['id']}']")
    for content, kind, said in (
        (b"", "", "Choose a recording first."),
        (b"x" * 900_001, "audio/wav", "at most 900 kB"),
        (b"<html>", "text/html", "no recording that can be played here"),
    ):
        refused = await send(browser, content, kind)
        assert (refused.status_code, said in words(refused)) == (422, True)
    journal.refusals["PUT"] = problem(409, "too_many_voice_notes")
    assert "too many voice notes" in words(await send(browser, sound, "audio/wav"))
    journal.refusals["PUT"] = problem(403, "forbidden")
    assert (await send(browser, sound, "audio/wav")).status_code == 403


async def test_parts_as_the_module_sends_them(browser: Browser, client_person: Person, journal: FakeJournal) -> None:
    await browser.open_signed_in(client_person, RECORDING)
    address, mine = f"{ENTRY}/voice-notes/{new_id()}", {"afterglow-person": str(client_person.id)}
    declared = {"size": 6, "media_type": "audio/webm", "seconds": 75}
    for whose in ({}, {"afterglow-person": str(new_id())}):
        assert (await browser.put(address, json=declared, headers=whose)).status_code == 403
        assert (await browser.patch(address, b"abc", whose | {"upload-offset": "0"})).status_code == 403
    assert (await browser.put(address, json=declared, headers=mine)).json() == {"received": 0}
    stored = await browser.patch(address, b"abc", mine | {"upload-offset": "0"})
    assert (stored.status_code, stored.headers["upload-offset"]) == (204, "3")
    lost = await browser.patch(address, b"abc", mine | {"upload-offset": "0"})
    assert (lost.status_code, lost.headers["upload-offset"]) == (409, "3")
    assert (await browser.put(address, json=declared, headers=mine)).json() == {"received": 3}
    assert (await browser.patch(address, b"def", mine | {"upload-offset": "3"})).status_code == 204
    foreign = mine | {"upload-offset": "3", "origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
    assert (await browser.patch(address, b"def", foreign)).status_code == 403
    played = await browser.get(address)
    assert (played.content, played.headers["content-disposition"]) == (b"abcdef", "attachment")
    assert "x-internal" not in played.headers
    assert (await browser.get(address, range="bytes=9999999-")).status_code == 416
    assert "1:15" in words(await browser.get(ENTRY))
    assert (await browser.get(f"{ENTRY}/voice-notes/{new_id()}")).status_code == 404
    for played_by, left in (([{"reader": THERAPIST, "read_at": MOMENT}], 1), ([], 0)):
        next(iter(journal.voice_notes.values()))["readings"] = played_by
        page = words(await browser.get(RECORDING))
        assert ("Dr Falk played it on" in page, "Erase this voice note" in page) == (bool(left), not left)
        assert (await browser.post(f"{address}/removal")).headers["location"] == RECORDING
        assert len(journal.voice_notes) == left


async def test_from_the_form_to_the_recording_nothing_typed_is_lost(
    browser: Browser, client_person: Person, journal: FakeJournal
) -> None:
    begun = new_id()
    await browser.open_signed_in(client_person, f"/journal/{begun}/write")
    fields = {"text": "Half a sen", "base_version": "0", "revision": "0", "then": "recording"}
    on = await browser.post(f"/journal/{begun}/draft", fields)
    assert on.headers["location"] == f"/journal/{begun}/recording"
    assert journal.drafts[str(begun)]["text"] == "Half a sen"


async def test_a_therapist_plays_a_shared_one(browser: Browser, therapist: Person, journal: FakeJournal) -> None:
    note = {"id": str(new_id()), "size": 3, "seconds": 5, "received": 3, "created_at": MOMENT, "finished_at": MOMENT}
    journal.voice_notes[note["id"]] = note | {"readings": [], "media_type": "audio/webm"}
    journal.sounds[note["id"]] = b"abc"
    address = f"/clients/{CLIENT}{ENTRY}"
    page = await browser.open_signed_in(therapist, address)
    assert "So is playing a voice note." in words(page)
    assert soup(page).select(f"audio[preload=none][src='{address}/voice-notes/{note['id']}']")
    assert "Erase this voice note" not in words(page)
    assert (await browser.get(f"{address}/voice-notes/{note['id']}")).content == b"abc"
    assert (await browser.get(f"{ENTRY}/voice-notes/{note['id']}")).status_code == 403


@pytest.mark.usefixtures("in_spanish", "journal")
async def test_in_spanish(browser: Browser, client_person: Person) -> None:
    page = words(await browser.open_signed_in(client_person, RECORDING))
    assert "Empezar a grabar" in page
    assert "Diez minutos como máximo" in page
