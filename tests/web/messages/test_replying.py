"""Replying to one message: what it replies to is seen, is a link, and stays with the words whatever happens."""

import json

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person
from bs4 import Tag

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_messaging import FakeConversation, FakeMessaging, problem


@pytest.fixture
def conversation(messaging: FakeMessaging, client_person: Person, therapist: Person) -> FakeConversation:
    return messaging.open(client_person, therapist, "How was the <i>week</i>?", "And the weekend?")


def address(conversation: FakeConversation) -> str:
    return f"/conversations/{conversation.id}"


def replying(conversation: FakeConversation) -> str:
    return f"{address(conversation)}?reply={conversation.messages[0]['id']}"


def quote_of(page: object, where: str) -> Tag:
    (quote,) = soup(page).select(f"{where} .quote")  # type: ignore[arg-type]  # an answer
    return quote


async def test_reply_and_see_what_it_replies_to(
    browser: Browser, client_person: Person, therapist: Person, conversation: FakeConversation,
    messaging: FakeMessaging,
) -> None:  # fmt: skip
    page = await browser.open_signed_in(client_person, address(conversation))
    first = soup(page).select_one(f"#message-{conversation.messages[0]['id']} a[data-reply]")
    assert first is not None
    assert (first["href"], "Reply to the message of" in first.get_text()) == (f"{replying(conversation)}#write", True)
    page = await browser.get(replying(conversation))
    assert "How was the <i>week</i>?" in quote_of(page, "#write").get_text()
    fields = {**form_values(page, "write"), "text": "Good"}
    assert (await browser.post(f"{address(conversation)}/messages", fields)).status_code == 303
    sent = next(request for request in messaging.requests if request.url.path.endswith(fields["id"]))
    assert json.loads(sent.content) == {"text": "Good", "reply_to": conversation.messages[0]["id"]}
    page = await browser.get(address(conversation))
    quote = quote_of(page, f"#message-{fields['id']}")
    link = quote.select_one("a")
    assert link is not None
    assert link["href"] == f"#message-{conversation.messages[0]['id']}"
    assert therapist.name in link.get_text()
    assert "How was the <i>week</i>?" in quote.get_text()


async def test_an_original_on_an_earlier_page_is_asked_for_and_led_to(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    original = conversation.messages[0]["id"]
    for _ in range(30):
        messaging.write(conversation, client_person, "More")
    messaging.store(conversation, str(new_id()), str(client_person.id), "About that", reply_to=original)
    page = await browser.open_signed_in(client_person, address(conversation))
    quote = quote_of(page, f"#message-{conversation.messages[-1]['id']}")
    link = quote.select_one("a")
    assert link is not None
    assert link["href"] == f"{address(conversation)}?before=2#message-{original}"
    earlier = await browser.get(str(link["href"]))
    assert soup(earlier).select(f"#message-{original}")
    messaging.answers["GET", f"conversations/{conversation.id}/messages/{original}"] = problem(503, "unavailable")
    page = await browser.get(address(conversation))
    assert "cannot be shown right now" in quote_of(page, ".messages").get_text()


async def test_a_quote_says_what_the_message_says_now(
    browser: Browser, client_person: Person, therapist: Person, conversation: FakeConversation,
    messaging: FakeMessaging,
) -> None:  # fmt: skip
    original = conversation.messages[0]
    messaging.store(conversation, str(new_id()), str(client_person.id), "Good", reply_to=original["id"])
    messaging.correct(conversation, original, "How was the month?")
    page = await browser.open_signed_in(client_person, address(conversation))
    assert "How was the month?" in quote_of(page, ".messages").get_text()
    messaging.withdraw(conversation, original)
    page = await browser.get(address(conversation))
    assert f"withdrawn by {therapist.name}" in quote_of(page, ".messages").get_text()
    assert "month" not in words(page)


async def test_what_was_not_sent_still_replies(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    page = await browser.open_signed_in(client_person, replying(conversation))
    fields = form_values(page, "write")
    page = await browser.post(f"{address(conversation)}/messages", {**fields, "text": " "})
    assert quote_of(page, "#write")
    assert form_values(page, "write")["reply_to"] == conversation.messages[0]["id"]
    messaging.down = True
    page = await browser.post(f"{address(conversation)}/messages", {**fields, "text": "Good"})
    assert page.status_code == 503
    assert form_values(page, "write")["reply_to"] == conversation.messages[0]["id"]


async def test_nothing_to_reply_to(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    """A withdrawn message offers no reply; an address of somebody's making replies to nothing."""
    messaging.withdraw(conversation, conversation.messages[0])
    page = await browser.open_signed_in(client_person, f"{address(conversation)}?reply=x")
    assert page.status_code == 200
    assert form_values(page, "write")["reply_to"] == ""
    assert len(soup(page).select("a[data-reply]")) == 1
    assert [box.has_attr("hidden") for box in soup(page).select("[data-replying]")] == [True]
