"""Search in one's own messages: from the list, within a conversation, page by page, and in Spanish."""

import httpx
import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_messaging import FakeConversation, FakeMessaging

SEARCH = "/messages/search"


@pytest.fixture
def conversation(client_person: Person, therapist: Person, messaging: FakeMessaging) -> FakeConversation:
    found = messaging.open(client_person, therapist, "The sea", "The mountain")
    messaging.write(found, client_person, "I was by the SEA")
    return found


def links(page: httpx.Response) -> list[str]:
    return [str(link["href"]) for link in soup(page).select("#found li a")]


async def test_from_the_list_to_the_message(
    browser: Browser, therapist: Person, conversation: FakeConversation
) -> None:
    listed = await browser.open_signed_in(therapist, "/messages")
    assert soup(listed).select_one('#search form[action="/messages/search"]') is not None
    found = await browser.post(SEARCH, {"q": "sea"})
    assert "2 messages hold these words." in words(found)
    assert "You to Rowan Hale" in words(found)
    assert "I was by the SEA" in words(found)
    first, second = links(found)
    newest, oldest = conversation.messages[2], conversation.messages[0]
    assert first == f"/conversations/{conversation.id}?before=18#message-{newest['id']}"
    opened = await browser.get(second)
    assert soup(opened).select_one(f"#message-{oldest['id']}") is not None


async def test_within_one_conversation(
    browser: Browser,
    client_person: Person,
    other_therapist: Person,
    messaging: FakeMessaging,
    conversation: FakeConversation,
) -> None:
    messaging.open(client_person, other_therapist, "Another sea")
    page = await browser.open_signed_in(client_person, f"/conversations/{conversation.id}")
    hidden = soup(page).select_one(f'form[action="{SEARCH}"] input[name=conversation]')
    assert hidden is not None
    assert hidden["value"] == str(conversation.id)
    found = await browser.post(SEARCH, {"q": "sea", "conversation": str(conversation.id)})
    assert "Another sea" not in words(found)
    assert soup(found).select_one(f'a[href="/conversations/{conversation.id}"]') is not None
    assert "Another sea" in words(await browser.post(SEARCH, {"q": "sea"}))
    assert (await browser.get(f"{SEARCH}?conversation={conversation.id}")).status_code == 200


@pytest.mark.usefixtures("conversation")
async def test_what_is_asked_stands_in_no_address(browser: Browser, client_person: Person) -> None:
    await browser.open_signed_in(client_person, SEARCH)
    page = await browser.post(SEARCH, {"q": "lighthouse"})
    assert "No message holds all of these words." in words(page)
    assert "lighthouse" not in str(page.url)
    field = soup(page).select_one("#q")
    assert field is not None
    assert field["value"] == "lighthouse"


@pytest.mark.usefixtures("conversation")
async def test_further_pages(browser: Browser, client_person: Person, messaging: FakeMessaging) -> None:
    messaging.found_at_once = 1
    await browser.open_signed_in(client_person, SEARCH)
    page = await browser.post(SEARCH, {"q": "sea"})
    assert "There are older ones too." in words(page)
    form = soup(page).select_one("#found form")
    assert form is not None
    fields = {str(one["name"]): str(one["value"]) for one in form.select("input")}
    further = await browser.post(SEARCH, fields)
    assert links(further) != links(page)
    assert soup(further).select_one("#found form") is None


@pytest.mark.usefixtures("conversation")
async def test_the_bound_is_told(browser: Browser, client_person: Person, messaging: FakeMessaging) -> None:
    messaging.search_ended = {"complete": False, "searched": 5000, "next": "0"}
    await browser.open_signed_in(client_person, SEARCH)
    page = words(await browser.post(SEARCH, {"q": "lighthouse"}))
    assert "5000 messages were searched; there are older ones." in page
    assert "No message holds" not in page
    assert "Search further back" in page


@pytest.mark.parametrize("question", ["", "  ", "x" * 101])
async def test_a_question_that_says_nothing(browser: Browser, client_person: Person, question: str) -> None:
    await browser.open_signed_in(client_person, SEARCH)
    page = await browser.post(SEARCH, {"q": question})
    assert page.status_code == 422
    assert "Write one word or a few" in words(page)
    assert soup(page).select_one('a[href="#q"]') is not None
    assert soup(page).select_one("#q[aria-invalid]") is not None


async def test_a_conversation_of_others_and_an_admin(
    browser: Browser, other_browser: Browser, other_client: Person, admin: Person, conversation: FakeConversation
) -> None:
    await browser.open_signed_in(other_client, SEARCH)
    assert (await browser.post(SEARCH, {"q": "sea", "conversation": str(conversation.id)})).status_code == 404
    assert (await other_browser.open_signed_in(admin, SEARCH)).status_code == 403


@pytest.mark.usefixtures("in_spanish", "conversation")
async def test_in_spanish(browser: Browser, client_person: Person) -> None:
    await browser.open_signed_in(client_person, SEARCH)
    page = words(await browser.post(SEARCH, {"q": "sea"}))
    assert "2 mensajes contienen estas palabras." in page
    assert "Usted, a" in page
    assert "Ningún mensaje contiene" in words(await browser.post(SEARCH, {"q": "zebra"}))
