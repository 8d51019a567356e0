"""Whether the other one learns that something was read: the choice, and "Seen" on the page of a conversation."""

from datetime import UTC, datetime

import httpx
import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_messaging import FakeConversation, FakeMessaging, problem

PATH = "/messages/seen"


@pytest.fixture
def conversation(messaging: FakeMessaging, client_person: Person, therapist: Person) -> FakeConversation:
    """The client wrote twice, between two of the therapist's."""
    found = messaging.open(client_person, therapist)
    for sender in (therapist, client_person, client_person, therapist):
        messaging.write(found, sender, "Hello")
    messaging.telling = {client_person.id, therapist.id}
    return found


def address(conversation: FakeConversation) -> str:
    return f"/conversations/{conversation.id}"


def seen_in(page: httpx.Response) -> list[str]:
    """The numbers of the messages that say it."""
    return [str(line.parent["data-sequence"]) for line in soup(page).select(".message-seen") if line.parent]


@pytest.mark.parametrize(("mark", "expected"), [(0, []), (1, []), (2, ["2"]), (3, ["3"]), (4, ["3"])])
async def test_the_newest_of_ones_own_that_was_read_says_it(
    *, browser: Browser, client_person: Person, conversation: FakeConversation, mark: int, expected: list[str]
) -> None:
    conversation.marks[conversation.therapist.id] = mark
    page = await browser.open_signed_in(client_person, address(conversation))
    assert seen_in(page) == expected
    assert [line.get_text() for line in soup(page).select(".message-seen")] == ["Seen" for _ in expected]


@pytest.mark.parametrize("without", ["client", "therapist"])
async def test_unless_both_tell_it_nothing_says_it(
    browser: Browser, messaging: FakeMessaging, conversation: FakeConversation, without: str
) -> None:
    conversation.marks[conversation.therapist.id] = 4
    messaging.telling -= {getattr(conversation, without).id}
    page = await browser.open_signed_in(conversation.client, address(conversation))
    assert seen_in(page) == []
    assert bool(soup(page).select("[data-seen]")) == (without == "therapist")  # who tells is told once both do


async def test_a_withdrawn_message_does_not_say_it(
    browser: Browser, messaging: FakeMessaging, client_person: Person, conversation: FakeConversation
) -> None:
    conversation.marks[conversation.therapist.id] = 4
    messaging.withdraw(conversation, conversation.messages[2])
    assert seen_in(await browser.open_signed_in(client_person, address(conversation))) == ["2"]


async def test_an_earlier_page_does_not_say_it(
    browser: Browser, client_person: Person, conversation: FakeConversation
) -> None:
    conversation.marks[conversation.therapist.id] = 2
    await browser.open_signed_in(client_person, "/messages/seen")
    assert seen_in(await browser.get(f"{address(conversation)}?before=3")) == []


async def test_a_page_without_an_answer_about_it_is_shown(
    browser: Browser, messaging: FakeMessaging, client_person: Person, conversation: FakeConversation
) -> None:
    conversation.marks[conversation.therapist.id] = 4
    messaging.answers["GET", f"conversations/{conversation.id}/seen-mark"] = problem(503, "unavailable")
    page = await browser.open_signed_in(client_person, address(conversation))
    assert (page.status_code, seen_in(page)) == (200, [])


async def test_an_open_page_asks_and_is_never_answered_from_a_cache(
    browser: Browser, messaging: FakeMessaging, client_person: Person, conversation: FakeConversation
) -> None:
    conversation.marks[conversation.therapist.id] = 2
    await browser.open_signed_in(client_person, address(conversation))
    for expected in (2, None):
        answer = await browser.get(f"{address(conversation)}/seen")
        assert (answer.json(), answer.headers["cache-control"]) == ({"sequence": expected}, "no-store")
        messaging.telling = set()


@pytest.mark.parametrize("role", ["client", "therapist"])
async def test_it_is_off_until_it_is_switched_on(
    browser: Browser, messaging: FakeMessaging, client_person: Person, therapist: Person, role: str
) -> None:
    person = {"client": client_person, "therapist": therapist}[role]
    page = await browser.open_signed_in(person, PATH)
    assert [box.get("checked") for box in soup(page).select("input[type=checkbox]")] == [None]
    answer = await browser.post(PATH, {"tells": "yes"})
    assert (answer.headers["location"], messaging.telling) == (f"{PATH}?saved=true", {person.id})
    page = await browser.get(f"{PATH}?saved=true")
    assert "This holds from now on" in words(page)
    assert soup(page).select("input[checked]")
    await browser.post(PATH, {})
    assert messaging.telling == set()


async def test_what_could_not_be_saved_is_not_called_saved(
    browser: Browser, messaging: FakeMessaging, therapist: Person
) -> None:
    await browser.open_signed_in(therapist, PATH)
    messaging.down = True
    assert (await browser.post(PATH, {"tells": "yes"})).status_code == 503


async def test_an_admin_has_nothing_to_read(browser: Browser, admin: Person) -> None:
    await browser.open_signed_in(admin, "/people")
    assert (await browser.get(PATH)).status_code == 403


async def test_a_closed_conversation_is_as_it_was(
    browser: Browser, messaging: FakeMessaging, client_person: Person, conversation: FakeConversation
) -> None:
    conversation.closed_at = datetime.now(UTC)
    messaging.telling = set()
    page = await browser.open_signed_in(client_person, address(conversation))
    assert (page.status_code, seen_in(page)) == (200, [])
