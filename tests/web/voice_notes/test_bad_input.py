"""Bad input through a voice note's form and the parts its module sends: a problem in words, and nothing half stored."""

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import BASE_URL, Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_journal import FakeJournal, entry, problem
from tests.web.fake_portal import FakePortal

ENTRY = f"/journal/{entry()['id']}"


@pytest.fixture
def journal(portal: FakePortal) -> FakeJournal:
    portal.journal.entries[entry()["id"]] = entry()
    return portal.journal


@pytest.mark.parametrize(
    ("content", "kind", "status", "field"),
    [
        (b"{", "application/json", 422, None),
        (b'{"size": 6, "media_type": "\\ud800"}', "application/json", 422, "media_type"),
        (b'{"size": 1e999, "media_type": "audio/webm"}', "application/json", 422, "size"),
        (b'{"size": "six", "media_type": "audio/webm"}', "application/json", 422, "size"),
        (b'{"media_type": "audio/webm"}', "application/json", 422, "size"),
        (b'{"size": 6, "media_type": "audio/webm", "owner": 1}', "application/json", 422, "owner"),
        (b'{"size": 6, "media_type": "caf\xe9"}', "application/json", 400, None),
        (b'{"size": 6, "media_type": "audio/webm"}', "text/plain", 415, None),
    ],
)
async def test_a_declaration_that_is_none(
    *, browser: Browser, client_person: Person, journal: FakeJournal, content: bytes, kind: str, status: int, field: str
) -> None:
    await browser.open_signed_in(client_person)
    headers = {"content-type": kind, "afterglow-person": str(client_person.id)}
    answer = await browser.put(f"{ENTRY}/voice-notes/{new_id()}", content=content, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    if field:
        assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert journal.voice_notes == {}


@pytest.mark.parametrize("offset", [None, "", "-1", "x", "1e3", "9" * 30])
async def test_a_part_that_belongs_nowhere(
    browser: Browser, client_person: Person, journal: FakeJournal, offset: str | None
) -> None:
    await browser.open_signed_in(client_person)
    address, mine = f"{ENTRY}/voice-notes/{new_id()}", {"afterglow-person": str(client_person.id)}
    await browser.put(address, json={"size": 6, "media_type": "audio/webm"}, headers=mine)
    answer = await browser.patch(address, b"abc", mine | ({} if offset is None else {"upload-offset": offset}))
    assert answer.status_code == (409 if offset == "9" * 30 else 422)
    assert set(journal.sounds.values()) == {b""}


@pytest.mark.parametrize("status", [413, 429, 500, 503])
async def test_a_form_that_portal_does_not_take(
    browser: Browser, client_person: Person, journal: FakeJournal, status: int
) -> None:
    """A browser keeps no chosen file in a page that comes back, so what to do stands there."""
    await browser.open_signed_in(client_person, f"{ENTRY}/recording")
    journal.refusals["PUT"] = problem(status, "refused")
    headers = {"origin": BASE_URL, "sec-fetch-site": "same-origin"}
    files = {"file": ("recording", b"abc", "audio/wav")}
    answer = browser.looked_at(
        await browser.http.post(f"{ENTRY}/recording", data={"csrf_token": browser.token}, files=files, headers=headers)
    )
    assert answer.status_code == (422 if status == 413 else 503)
    assert soup(answer).select("#recording input[type=file]")
    assert ("too large" if status == 413 else "choose it once more") in words(answer)
