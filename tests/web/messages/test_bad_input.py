"""Whatever somebody writes, or makes a form say: it stays in its place, is answered soon, and comes back if refused."""

import time

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_messaging import FakeConversation, FakeMessaging, problem

TRICKS = {
    "turned around": "\u202egnp.exe",
    "left open": "mine \u2066\u202e",
    "control": "a\x07\x1b[31m bell",
    "stacked": "a" + "\u0301" * 2_000,
    "markup": "</p></li><script>alert(1)</script>",
    "one long word": "x" * 10_000,
}
NESTED = {
    "quotes": "> " * 5_000,
    "lists": "".join(f"{' ' * depth}- x\n" for depth in range(130)),
    "brackets": "[" * 5_000 + "]" * 5_000,
    "links": "[a](" * 2_500,
    "emphasis": "*a **b " * 1_400,
    "ticks": "".join("`" * count + " " for count in range(1, 140)),
}
SHOWN = "\ufffd"  # the sign for a character that no page can show
SOON = 2.0  # seconds of processor time for a whole page; what grows with the square of its words takes minutes


@pytest.fixture
def conversation(messaging: FakeMessaging, client_person: Person, therapist: Person) -> FakeConversation:
    return messaging.open(client_person, therapist, "How was the week?")


def address(conversation: FakeConversation) -> str:
    return f"/conversations/{conversation.id}"


async def fill(browser: Browser, person: Person, conversation: FakeConversation, text: str) -> dict[str, str]:
    page = await browser.open_signed_in(person, address(conversation))
    return {**form_values(page, "write"), "text": text}


async def post(browser: Browser, conversation: FakeConversation, fields: dict[str, str]) -> httpx.Response:
    return await browser.post(f"{address(conversation)}/messages", fields)


@pytest.mark.parametrize("text", TRICKS.values(), ids=TRICKS.keys())
async def test_unusual_words_stay_in_their_own_paragraph(
    browser: Browser, client_person: Person, conversation: FakeConversation, text: str
) -> None:
    """A paragraph ends whatever was begun in it: neither the name before nor the time after can be turned around."""
    fields = await fill(browser, client_person, conversation, text)
    assert (await post(browser, conversation, fields)).status_code == 303
    page = soup(await browser.get(address(conversation)))
    shown = page.select_one(f"#message-{fields['id']} .message-text")
    assert shown is not None
    assert shown.get_text().strip() == text.replace("\x07", SHOWN).replace("\x1b", SHOWN)
    assert [(part.name, part.find_all()) for part in shown.find_all()] == [("p", [])]
    reply = soup(await browser.get(f"{address(conversation)}?reply={fields['id']}")).select_one("#write .quote-text")
    assert reply is not None
    assert (reply.name, reply.find_all()) == ("p", [])


@pytest.mark.parametrize("text", NESTED.values(), ids=NESTED.keys())
async def test_nesting_without_measure_is_shown_soon(
    browser: Browser, client_person: Person, conversation: FakeConversation, text: str
) -> None:
    fields = await fill(browser, client_person, conversation, text[:10_000])
    for _ in range(10):
        fields |= {"id": str(new_id())}
        assert (await post(browser, conversation, fields)).status_code == 303
    begun = time.process_time()
    page = await browser.get(f"{address(conversation)}?reply={fields['id']}")
    assert time.process_time() - begun < SOON  # without what the test itself takes to read the page
    assert page.status_code == 200
    assert len(soup(page).select(".message-own")) == 10


@pytest.mark.parametrize("size", [10_001, 200_000, 900_000])
async def test_words_that_are_too_many_come_back(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging, size: int
) -> None:
    """Also those that messaging takes for no message at all, so that it does not name a field."""
    fields = await fill(browser, client_person, conversation, "x" * size)
    if size > 128 * 1024:
        messaging.answers["PUT", f"conversations/{conversation.id}/messages/{fields['id']}"] = problem(413, "too_large")
    answer = await post(browser, conversation, fields)
    assert answer.status_code == 422
    assert "at most 10,000 characters fit" in words(answer)
    assert form_values(answer, "write")["text"] == "x" * size


async def test_what_nobody_can_reply_to_is_said_and_the_words_stay(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    """A message of another conversation, or of none: the next try sends the words without it."""
    fields = await fill(browser, client_person, conversation, "I mean this one") | {"reply_to": str(new_id())}
    missing = problem(422, "invalid_input", [{"field": "reply_to", "code": "missing", "message": "x"}])
    messaging.answers["PUT", f"conversations/{conversation.id}/messages/{fields['id']}"] = missing
    answer = await post(browser, conversation, fields)
    assert answer.status_code == 422
    assert "The message that you reply to is not here. Send once more to send your words without it." in words(answer)
    again = form_values(answer, "write")
    assert (again["text"], again["reply_to"], again["id"]) == ("I mean this one", "", fields["id"])
    messaging.answers.clear()
    assert (await post(browser, conversation, again)).status_code == 303
    assert conversation.messages[-1]["reply_to"] is None


async def test_a_character_that_is_none_comes_back_as_the_sign_for_it(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    fields = await fill(browser, client_person, conversation, "half\0way")
    refusal = problem(422, "invalid_input", [{"field": "text", "code": "value_error", "message": "x"}])
    messaging.answers["PUT", f"conversations/{conversation.id}/messages/{fields['id']}"] = refusal
    answer = await post(browser, conversation, fields)
    assert "it has a character that we cannot take" in words(answer)
    assert form_values(answer, "write")["text"] == f"half{SHOWN}way"
