"""What a message refers to, as the page shows it: judged for its reader at that moment, and silent about the rest."""

import asyncio
import json

import httpx
import pytest
from afterglow_design.languages import speaking
from afterglow_foundation.testing.people import BASE_URL, Person
from afterglow_web.portal import Portal
from afterglow_web.references import reading

from tests.web.browser import Browser, soup, words
from tests.web.fake_journal import THERAPIST, entry
from tests.web.fake_messaging import FakeConversation, FakeMessaging
from tests.web.fake_portal import FakePortal, check_in, problem

ONE, TWO = "0195e3a0-0000-7000-8000-000000000001", "0195e3a0-0000-7000-8000-000000000002"
CLOSED = "something in the portal that you cannot open, or not any more"
SAID = f"See {BASE_URL}/journal/{ONE} and <b>also</b> (/check-ins/{TWO}), /path#session-{ONE}."


@pytest.fixture
def conversation(messaging: FakeMessaging, client_person: Person, therapist: Person) -> FakeConversation:
    found = messaging.open(client_person, therapist)
    messaging.write(found, client_person, SAID)
    return found


def asked(portal: FakePortal) -> list[dict[str, object]]:
    return [json.loads(one.content) for one in portal.requests if one.url.path == "/api/portal/references"]


def text_of(page: httpx.Response) -> str:
    shown = soup(page).select_one(".message-text")
    assert shown is not None
    return shown.get_text()


@pytest.mark.parametrize("role", ["client", "therapist"])
async def test_each_reader_reads_what_they_may_open(
    *,
    browser: Browser,
    portal: FakePortal,
    client_person: Person,
    therapist: Person,
    conversation: FakeConversation,
    role: str,
) -> None:
    portal.open_now = {ONE: "2026-03-28"}
    person = client_person if role == "client" else therapist
    page = await browser.open_signed_in(person, f"/conversations/{conversation.id}")
    assert text_of(page) == f"See journal entry of 28 March 2026 and <b>also</b> ({CLOSED}), session of 28 March 2026."
    before = "" if role == "client" else f"/clients/{client_person.id}"
    session = f"/path#session-{ONE}" if role == "client" else f"{before}/course/sessions/{ONE}"
    links = [link["href"] for link in soup(page).select("a.reference")]
    assert links == [f"{before}/journal/{ONE}", session]
    assert TWO not in str(soup(page).select_one(".message-text"))
    (question,) = asked(portal)
    assert question["client"] == str(client_person.id)
    assert len(question["references"]) == 3  # type: ignore[arg-type]  # a list in JSON


async def test_a_closed_thing_and_one_that_never_was_look_alike(
    browser: Browser, portal: FakePortal, therapist: Person, conversation: FakeConversation
) -> None:
    page = await browser.open_signed_in(therapist, f"/conversations/{conversation.id}")
    assert text_of(page) == f"See {CLOSED} and <b>also</b> ({CLOSED}), {CLOSED}."
    portal.answers["POST", "references"] = problem(404, "not_found")  # care has ended, as portal has it
    again = await browser.get(f"/conversations/{conversation.id}")
    assert text_of(again) == text_of(page)


async def test_another_clients_thing_is_not_even_asked_for(
    *,
    browser: Browser,
    portal: FakePortal,
    messaging: FakeMessaging,
    client_person: Person,
    other_client: Person,
    therapist: Person,
) -> None:
    portal.open_now = {ONE: "2026-03-28"}
    found = messaging.open(client_person, therapist)
    messaging.write(found, therapist, f"{BASE_URL}/clients/{other_client.id}/journal/{ONE}")
    page = await browser.open_signed_in(therapist, f"/conversations/{found.id}")
    assert text_of(page) == CLOSED
    assert asked(portal) == []


@pytest.mark.parametrize("how", ["down", "slow", "broken"])
async def test_without_an_answer_it_stays_as_it_was_typed(
    *,
    browser: Browser,
    portal: FakePortal,
    client_person: Person,
    conversation: FakeConversation,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    await browser.sign_in(client_person)
    portal.down = how == "down"
    if how == "slow":
        monkeypatch.setattr(reading, "PATIENCE", 0.01)
        monkeypatch.setattr(Portal, "openable", lambda *_: asyncio.Event().wait())
    if how == "broken":
        portal.answers["POST", "references"] = httpx.Response(200, json={"items": [{"kind": "x"}]})
    page = await browser.get(f"/conversations/{conversation.id}")
    assert page.status_code == 200
    assert text_of(page) == SAID
    assert soup(page).select(".reference") == []


async def test_more_than_portal_judges_stay_as_typed(
    browser: Browser, portal: FakePortal, messaging: FakeMessaging, client_person: Person, therapist: Person
) -> None:
    found = messaging.open(client_person, therapist)
    ids = [f"0195e3a0-0000-7000-8000-{number:012}" for number in range(reading.MOST + 1)]
    messaging.write(found, client_person, " ".join(f"/journal/{one}" for one in ids))
    shown = text_of(await browser.open_signed_in(client_person, f"/conversations/{found.id}"))
    assert len(asked(portal)[0]["references"]) == reading.MOST  # type: ignore[arg-type]  # a list in JSON
    assert shown.endswith(f"{CLOSED} /journal/{ids[-1]}")


async def test_a_quote_and_an_earlier_version_say_it_in_words_too(
    *,
    browser: Browser,
    portal: FakePortal,
    messaging: FakeMessaging,
    client_person: Person,
    conversation: FakeConversation,
) -> None:
    portal.open_now = {ONE: "2026-03-28"}
    first = conversation.messages[0]
    address = f"/conversations/{conversation.id}"
    page = await browser.open_signed_in(client_person, f"{address}?reply={first['id']}")
    (quote,) = soup(page).select(".replying .quote-text")
    assert quote.get_text().startswith("See journal entry of 28 March 2026 and <b>also</b> (something in the portal")
    messaging.correct(conversation, first, "Never mind")
    versions = words(await browser.get(f"{address}/messages/{first['id']}/versions"))
    assert "See journal entry of 28 March 2026" in versions


async def test_what_was_found_names_no_place(
    browser: Browser, portal: FakePortal, client_person: Person, conversation: FakeConversation
) -> None:
    await browser.open_signed_in(client_person, "/messages/search")
    found = words(await browser.post("/messages/search", {"q": "see", "conversation": str(conversation.id)}))
    assert "See a place in the portal and <b>also</b> (a place in the portal), a place in the portal." in found
    assert asked(portal) == []


@pytest.mark.parametrize(
    ("about", "text"),
    [
        (f"/journal/{ONE}", f"{BASE_URL}/journal/{ONE}\n"),
        (f"{BASE_URL}/check-ins/{ONE}", f"{BASE_URL}/check-ins/{ONE}\n"),
        (f"/path#session-{ONE}", f"{BASE_URL}/path#session-{ONE}\n"),
        ("https://evil.example", ""),
        ("x" * 100, ""),
    ],
)
async def test_a_message_about_something_begins_with_it(
    browser: Browser, client_person: Person, conversation: FakeConversation, about: str, text: str
) -> None:
    await browser.sign_in(client_person)
    led = await browser.http.get("/messages", params={"about": about})
    assert led.status_code == 303
    page = await browser.get(led.headers["location"].partition("#")[0])
    field = soup(page).select_one("textarea[name=text]")
    assert field is not None
    assert field.get_text().lstrip("\r\n") == text
    assert ("The address in your message stands for" in words(page)) is bool(text)
    assert str(conversation.id) in led.headers["location"]


@pytest.mark.usefixtures("conversation")
async def test_with_several_conversations_one_chooses(
    *,
    browser: Browser,
    messaging: FakeMessaging,
    client_person: Person,
    other_therapist: Person,
) -> None:
    messaging.open(client_person, other_therapist)
    await browser.sign_in(client_person)
    page = await browser.http.get("/messages", params={"about": f"/journal/{ONE}"})
    assert "Choose whom you write to about it." in words(page)
    assert len(soup(page).select(f'.list a[href*="about=%2Fjournal%2F{ONE}"]')) == 2


async def test_a_therapist_is_led_to_the_client_whom_it_is_about_and_to_nobody_else(
    *,
    browser: Browser,
    client_person: Person,
    other_client: Person,
    therapist: Person,
    messaging: FakeMessaging,
    conversation: FakeConversation,
) -> None:
    messaging.open(Person(client_person.role, "Somebody else"), therapist)
    await browser.sign_in(therapist)
    about = {"client": str(client_person.id), "about": f"/journal/{ONE}"}
    led = await browser.http.get("/messages", params=about)
    assert led.headers["location"].startswith(f"/conversations/{conversation.id}?about=")
    nobody = await browser.http.get("/messages", params=about | {"client": str(other_client.id)})
    assert "Choose whom you write to" not in words(nobody)
    assert not soup(nobody).select('a[href*="about="]')


def about(page: httpx.Response) -> list[str]:
    return [str(link["href"]) for link in soup(page).select('a[href*="about="]')]


async def test_what_others_may_open_leads_to_a_message_about_it(
    browser: Browser, portal: FakePortal, client_person: Person
) -> None:
    """Nothing leads there from what nobody else can open: they would read that there is something, and no more."""
    written = entry()
    await browser.sign_in(client_person)
    for visibility, found in (("therapist", 1), ("only_me", 0), ("next_session", 0)):
        portal.journal.entries[written["id"]] = written | {"visibility": visibility, "shared_with": [THERAPIST]}
        portal.versions = [check_in(visibility=visibility)]
        page = await browser.get(f"/journal/{written['id']}")
        assert about(page) == [f"/messages?about=/journal/{written['id']}"] * found
        page = await browser.get(f"/check-ins/{ONE}")
        assert about(page) == [f"/messages?about=/check-ins/{check_in()['id']}"] * found


async def test_a_therapist_writes_about_an_entry_to_the_one_whose_it_is(
    browser: Browser, portal: FakePortal, therapist: Person, client_person: Person
) -> None:
    written, client = entry(), str(client_person.id)
    portal.journal.entries[written["id"]] = written
    portal.clients[client] = {"id": client, "name": "Ada", "time_zone": "UTC", "since": "2026-01-01T00:00:00Z"}
    page = await browser.open_signed_in(therapist, f"/clients/{client}/journal/{written['id']}")
    assert about(page) == [f"/messages?client={client}&about=/journal/{written['id']}"]


def test_in_spanish(client_person: Person) -> None:
    reference = reading.Reference(kind="journal_entry", id=ONE)  # type: ignore[arg-type]  # pydantic reads it
    known = reading.References(
        BASE_URL, client_person.id, client_person.id, frozenset([reference]), {reference: reading.date(2026, 3, 28)}
    )
    with speaking("es"):
        said = known.html(f"Vea /journal/{ONE}").striptags()
    assert said == "Vea entrada del diario del 28 de marzo de 2026"
