"""Write: the form, its drafts, and every way portal can answer; nothing typed is ever lost."""

import json
from typing import Any

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_web.session.models import WebSession, now
from sqlalchemy import update

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_journal import COVER, FakeJournal, entry, problem
from tests.web.fake_portal import FakePortal

TYPED = {"title": "At night", "text": "Rain,\r\nthen <b>sun</b>"}


@pytest.fixture
def journal(portal: FakePortal) -> FakeJournal:
    return portal.journal


async def begin(browser: Browser, person: Person, **fields: str) -> tuple[str, dict[str, str]]:
    """Begin an entry; its address, and what its form would post with `fields` filled in."""
    if browser.cookie is None:
        await browser.sign_in(person)
    address = (await browser.get("/journal/new")).headers["location"].removesuffix("/write")
    return address, {**form_values(await browser.get(f"{address}/write"), "entry"), **fields}


async def test_save_and_read(browser: Browser, client_person: Person, journal: FakeJournal) -> None:
    address, fields = await begin(browser, client_person, **TYPED)
    assert fields["visibility"] == "only_me"
    answer = await browser.post(address, {**fields, "visibility": "therapist"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{address}?saved=therapist")
    (stored,) = journal.entries.values()
    assert stored["text"] == "Rain,\nthen <b>sun</b>"
    page = await browser.get(answer.headers["location"])
    assert "You and Dr Falk." in words(page)
    assert "Until then you can take it back" in words(page)
    assert soup(page).select(".written b") == []
    again = await browser.post(address, {**fields, "visibility": "therapist"})  # the button was pressed twice
    assert again.status_code == 303
    phase = await browser.post(address, {**fields, "visibility": "therapist", "phase": "experience"})
    assert phase.status_code == 409
    other = await browser.post(address, {**fields, "text": "Other words"})
    assert other.status_code == 409
    assert form_values(other, "entry")["text"] == "Other words"
    assert soup(other).select_one("#entry")["action"] != address  # type: ignore[index]  # it is there


async def test_who_will_see_it_stands_beside_save_by_name(
    browser: Browser, client_person: Person, journal: FakeJournal, portal: FakePortal
) -> None:
    portal.choices["journal"] = "therapist"
    address, _ = await begin(browser, client_person)
    first = soup(await browser.get(f"{address}/write")).select_one(".seen-first")
    assert first is not None
    assert first.get_text() == "You and Dr Falk see this."
    offered = soup(await browser.get(f"{address}/write")).select("[name=visibility]")
    assert [str(field["value"]) for field in offered] == ["only_me", "therapist", "next_session"]
    journal.standing_in = [COVER]
    assert "You and Dr Falk see this, and Dr Weber while standing in." in words(await browser.get(f"{address}/write"))
    journal.therapists, journal.standing_in = [], []
    assert "nobody treats you here right now" in words(await browser.get(f"{address}/write"))


async def test_after_a_dose_nothing_new_is_shared_and_it_can_wait(
    browser: Browser, client_person: Person, journal: FakeJournal, portal: FakePortal
) -> None:
    portal.choices["journal"] = "therapist"
    journal.shared_again_at = "2026-03-31T05:00:00Z"
    address, fields = await begin(browser, client_person, **TYPED)
    page = await browser.get(f"{address}/write")
    assert "After a dose nothing new is shared until Tue 31 Mar, 06:00." in words(page)
    offered = {str(field["value"]): "checked" in field.attrs for field in soup(page).select("[name=visibility]")}
    assert offered == {"only_me": False, "next_session": True}
    journal.refusals["PUT"] = problem(422, "until_morning", "visibility")
    refused = await browser.post(address, fields | {"visibility": "therapist"})
    assert "choose “Only me”, or “at our next session”" in words(refused)
    assert form_values(refused, "entry")["text"] == fields["text"]


@pytest.mark.parametrize(
    ("refusal", "status", "said"),
    [
        (problem(422, "invalid_input", "text", "felt_at"), 422, "Your words: write something"),
        (problem(422, "invalid_input", "follows"), 422, "The entry that this one continued is gone"),
        (problem(413, "too_large"), 422, "at most 20,000 characters fit"),
        (problem(503, "unavailable"), 503, "What you wrote is still here"),
        (problem(500, "internal_error"), 503, "What you wrote is still here"),
    ],
)
async def test_refused_words_are_named_and_kept(
    *, browser: Browser, client_person: Person, journal: FakeJournal, refusal: Any, status: int, said: str
) -> None:
    address, fields = await begin(browser, client_person, **TYPED)
    for method, where in (("PUT", address), ("PUT", f"{address}/draft")):
        journal.refusals[method] = refusal
        answer = await browser.post(where, fields)
        assert answer.status_code == status
        assert said in words(answer)
        again = form_values(answer, "entry")
        assert again["text"].splitlines() == TYPED["text"].splitlines()
        assert again["title"] == TYPED["title"]
    unreadable = await browser.post(address, {**fields, "felt_at": "soon"})
    assert "Choose a time that has passed" in words(unreadable)


@pytest.mark.parametrize("away", [True, False], ids=["no answer", "503"])
async def test_portal_away_keeps_what_was_typed(
    *, browser: Browser, client_person: Person, portal: FakePortal, journal: FakeJournal, away: bool
) -> None:
    """And says of who will see it no more than is known."""
    address, fields = await begin(browser, client_person, **TYPED, visibility="therapist")
    portal.down = away
    journal.refusals = dict.fromkeys(("GET", "PUT", "POST"), problem(503, "unavailable"))
    for where in (address, f"{address}/draft"):
        answer = await browser.post(where, fields)
        assert (answer.status_code, form_values(answer, "entry")["title"]) == (503, "At night")
        assert "You and your therapist see this." in words(answer)
        assert "nobody treats you" not in words(answer)


@pytest.mark.parametrize("code", ["already_read", "entry_changed", "conflict"])
async def test_a_refusal_that_cannot_be_explained_keeps_what_was_typed(
    browser: Browser, client_person: Person, journal: FakeJournal, code: str
) -> None:
    address, fields = await begin(browser, client_person, **TYPED)
    journal.refusals = {"GET": problem(503, "unavailable")} | dict.fromkeys(("PUT", "POST"), problem(409, code))
    for base_version in ("0", "1"):
        answer = await browser.post(address, {**fields, "base_version": base_version})
        assert (answer.status_code, form_values(answer, "entry")["title"]) == (503, "At night")
    journal.refusals["PUT"] = problem(403, "forbidden")
    refused = await browser.post(address, fields)
    assert refused.status_code == 403
    assert "Copy your words before you leave this page: Rain, then <b>sun</b>" in words(refused)


async def test_nothing_is_kept_among_another_persons_drafts(
    browser: Browser, client_person: Person, journal: FakeJournal
) -> None:
    """A tab goes on by itself after its person signed out and somebody else signed in beside it."""
    address, fields = await begin(browser, client_person, **TYPED)
    for headers in ({"afterglow-person": str(new_id())}, {}):
        answer = await browser.put(f"{address}/draft", json=fields, headers=headers)
        assert (answer.status_code, answer.json()["code"], journal.drafts) == (403, "earlier_session", {})
    assert (await browser.post(address, fields)).status_code == 303
    late = await browser.put(f"{address}/draft", json=fields, headers={"afterglow-person": str(client_person.id)})
    assert (late.status_code, late.json()["said"], journal.drafts) == (200, "These words are saved.", {})


async def test_an_unchanged_time_is_sent_as_it_was(
    browser: Browser, client_person: Person, journal: FakeJournal, portal: FakePortal
) -> None:
    """To the second, and in the hour that autumn has twice; also from a draft."""
    stored = entry(felt_at="2026-10-25T01:30:41+00:00")  # half past one, for the second time
    journal.entries[stored["id"]] = stored
    address = f"/journal/{stored['id']}"
    await browser.sign_in(client_person)
    fields = form_values(await browser.get(f"{address}/write"), "entry")
    assert fields["felt_at"] == "2026-10-25T01:30"
    await browser.post(f"{address}/draft", fields)
    for felt_at, sent in (("2026-10-25T01:30", stored["felt_at"]), ("2026-10-24T01:30", "2026-10-24T00:30:00+00:00")):
        fields = form_values(await browser.get(f"{address}/write"), "entry")
        assert (await browser.post(address, {**fields, "felt_at": felt_at})).status_code == 303
        assert json.loads(portal.requests[-1].content)["felt_at"] == sent
    assert (await browser.post(address, {**fields, "base_version": "3", "exact": "soon"})).status_code == 303


async def test_taking_back_is_not_undone_by_older_words(
    browser: Browser, client_person: Person, journal: FakeJournal
) -> None:
    stored = entry()
    journal.entries[stored["id"]] = stored
    address = f"/journal/{stored['id']}"
    await browser.sign_in(client_person)
    old = form_values(await browser.get(f"{address}/write"), "entry")
    await browser.post(f"{address}/draft", old)
    draft = journal.drafts[stored["id"]]
    assert (await browser.post(address, {**old, "visibility": "only_me"})).status_code == 303
    tab = await browser.post(address, {**old, "text": "Older"})
    journal.drafts[stored["id"]] = draft
    for page in (tab, await browser.get(f"{address}/write")):
        assert form_values(page, "entry")["visibility"] == "only_me"
        assert "what fewer people see is chosen now" in words(page)


async def test_an_edit_whose_answer_was_lost_stays_an_edit(
    browser: Browser, client_person: Person, journal: FakeJournal
) -> None:
    stored = entry()
    journal.entries[stored["id"]] = stored
    await browser.sign_in(client_person)
    address = f"/journal/{stored['id']}"
    fields = form_values(await browser.get(f"{address}/write"), "entry")
    stored["version"] = 2
    journal.refusals["POST"] = problem(409, "conflict")
    answer = await browser.post(address, {**fields, "text": "And more"})
    again = form_values(answer, "entry")
    assert (answer.status_code, again["base_version"], again["text"]) == (409, "2", "And more")
    assert soup(answer).select_one("#entry")["action"] == address  # type: ignore[index]  # it is there


async def test_what_it_continues_is_an_id_or_nothing(browser: Browser, client_person: Person) -> None:
    address, _ = await begin(browser, client_person)
    page = await browser.get(f"{address}/write?follows=../elsewhere")
    assert "elsewhere" not in page.text


async def test_an_edit_and_one_from_another_tab(browser: Browser, client_person: Person, journal: FakeJournal) -> None:
    stored = entry()
    journal.entries[stored["id"]] = stored
    address = f"/journal/{stored['id']}"
    await browser.sign_in(client_person)
    one = form_values(await browser.get(f"{address}/write"), "entry")
    two = form_values(await browser.get(f"{address}/write"), "entry")
    assert (one["text"], one["base_version"], one["felt_at"]) == (stored["text"], "1", "2026-03-29T21:10")
    assert (await browser.post(address, {**one, "text": "First"})).status_code == 303
    answer = await browser.post(address, {**two, "text": "Second"})
    assert answer.status_code == 409
    assert "Nothing is lost" in words(answer)
    again = form_values(answer, "entry")
    assert (again["text"], again["base_version"], journal.entries[stored["id"]]["text"]) == ("Second", "2", "First")
    assert (await browser.post(address, again)).status_code == 303


async def test_what_was_read_stays_shared_and_says_so(
    browser: Browser, client_person: Person, journal: FakeJournal
) -> None:
    reading = {"reader": {"id": str(new_id()), "name": "Dr Falk"}, "read_at": "2026-03-30T09:00:00Z", "version": 1}
    stored = entry(readings=[reading])
    journal.entries[stored["id"]] = stored
    address = f"/journal/{stored['id']}"
    await browser.sign_in(client_person)
    assert "Dr Falk read it on Mon 30 Mar, 10:00" in words(await browser.get(address))
    fields = form_values(await browser.get(f"{address}/write"), "entry")
    answer = await browser.post(address, {**fields, "text": "New words", "visibility": "only_me"})
    assert answer.status_code == 409
    assert "This was read already, by Dr Falk on Mon 30 Mar, 10:00." in words(answer)
    again = form_values(answer, "entry")
    assert (again["text"], again["visibility"]) == ("New words", "therapist")
    assert "cannot be erased here" in words(await browser.get(f"{address}/erasure"))
    assert (await browser.post(f"{address}/erasure")).status_code == 409


async def test_a_draft_survives_and_is_discarded(browser: Browser, client_person: Person, journal: FakeJournal) -> None:
    address, fields = await begin(browser, client_person, **TYPED)
    kept = await browser.post(f"{address}/draft", fields)
    assert kept.headers["location"] == "/journal?draft=kept"
    page = await browser.get("/journal")
    assert "At night" in words(page)
    assert soup(page).select(f"a[href='{address}/write']")
    found = await browser.get(f"{address}/write")
    again = form_values(found, "entry")
    assert (again["text"], again["revision"]) == ("Rain,\nthen <b>sun</b>", "1")
    assert "still here and not saved yet" in words(found)
    journal.drafts[address.removeprefix("/journal/")] |= {"revision": 2, "text": "More, in another tab"}
    discard = form_values(found, "discard")
    kept = await browser.post(f"{address}/draft/removal", discard)
    assert "The draft is still here" in words(await browser.get(kept.headers["location"]))
    assert len(journal.drafts) == 1
    answer = await browser.post(f"{address}/draft/removal", {**discard, "revision": "2"})
    assert (answer.headers["location"], journal.drafts) == ("/journal?draft=discarded", {})
    again = await browser.post(f"{address}/draft/removal", discard)  # pressed twice
    assert again.headers["location"] == "/journal?draft=discarded"


async def test_a_second_tab_keeps_both(browser: Browser, client_person: Person, journal: FakeJournal) -> None:
    address, fields = await begin(browser, client_person, **TYPED)
    sent = {name: value for name, value in fields.items() if name != "csrf_token"}
    mine = {"afterglow-person": str(client_person.id)}
    first = await browser.put(f"{address}/draft", json=sent, headers=mine)
    assert (first.status_code, first.json()["revision"], first.json()["apart"]) == (200, 1, False)
    assert first.headers["cache-control"] == "no-store"
    lost = await browser.put(f"{address}/draft", json=sent, headers=mine)  # its answer was, and it is sent again
    assert (lost.json()["revision"], lost.json()["apart"], len(journal.drafts)) == (1, False, 1)
    second = await browser.put(f"{address}/draft", json={**sent, "text": "The other tab"}, headers=mine)
    assert (second.json()["revision"], second.json()["apart"]) == (1, True)
    assert f"/journal/{second.json()['id']}" != address
    plain = await browser.post(f"{address}/draft", {**fields, "text": "A third, without JavaScript"})
    assert "Both are kept" in words(await browser.get(plain.headers["location"]))
    assert [draft["text"] for draft in journal.drafts.values()] == [
        "Rain,\nthen <b>sun</b>", "The other tab", "A third, without JavaScript",
    ]  # fmt: skip
    journal.refusals["PUT"] = problem(409, "too_many_drafts")
    assert "too many drafts" in words(await browser.post(f"{address}/draft", fields))


async def test_a_session_that_ran_out_loses_nothing(
    browser: Browser, client_person: Person, journal: FakeJournal, database: RolledBackDatabase
) -> None:
    for where in ("", "/draft"):
        address, fields = await begin(browser, client_person, **TYPED)
        async with database.arrange() as session:
            await session.execute(update(WebSession).values(expires_at=now()))
        answer = await browser.post(f"{address}{where}", fields)
        assert answer.headers["location"].startswith("/sign-in?next=")
        begun = await browser.get(answer.headers["location"])
        finished = await browser.get(browser.auth.authorize(begun.headers["location"], client_person))
        page = await browser.get(finished.headers["location"])
        again = form_values(page, "entry")
        assert (again["title"], again["text"].splitlines()) == ("At night", TYPED["text"].splitlines())
        assert (await browser.post(address, {**again, "visibility": "only_me"})).status_code == 303
    assert len(journal.entries) == 2
