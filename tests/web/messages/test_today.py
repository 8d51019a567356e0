"""What stands before a client's message on some days: who stands in, and, after a dose, a question."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_messaging import FakeConversation, FakeMessaging
from tests.web.fake_portal import VOCABULARY, FakePortal, problem

TOLD = "check-ins/vocabulary"
MORNING = (datetime.now(UTC) + timedelta(hours=9)).isoformat()
SOMEBODY = {"id": "0195d0a4-0000-7000-8000-000000000001", "name": "Dr Noor Ito"}


@pytest.fixture
def conversation(messaging: FakeMessaging, client_person: Person, therapist: Person) -> FakeConversation:
    return messaging.open(client_person, therapist, "How was the week?")


def tell(portal: FakePortal, **values: object) -> None:
    portal.answers["GET", TOLD] = httpx.Response(200, json={**VOCABULARY, **values})


def address(conversation: FakeConversation) -> str:
    return f"/conversations/{conversation.id}"


async def fill(browser: Browser, person: Person, conversation: FakeConversation) -> dict[str, str]:
    page = await browser.open_signed_in(person, address(conversation))
    return {**form_values(page, "write"), "text": "I quit my job"}


async def test_after_a_dose_it_asks_once_more_with_the_words(
    browser: Browser, client_person: Person, conversation: FakeConversation, portal: FakePortal
) -> None:
    fields = await fill(browser, client_person, conversation)
    tell(portal, shared_again_at=MORNING)
    page = await browser.post(f"{address(conversation)}/messages", fields)
    assert page.status_code == 409
    assert "You had a dose not long ago" in words(page)
    assert len(conversation.messages) == 1
    again = form_values(page, "write")
    assert (again["text"], again["id"], again["sure"]) == ("I quit my job", fields["id"], "yes")
    assert (await browser.post(f"{address(conversation)}/messages", again)).status_code == 303
    assert conversation.messages[-1]["text"] == "I quit my job"


async def test_the_module_is_sent_to_the_form_that_asks(
    browser: Browser, client_person: Person, conversation: FakeConversation, portal: FakePortal
) -> None:
    fields = await fill(browser, client_person, conversation)
    tell(portal, shared_again_at=MORNING)
    answer = await browser.put(f"{address(conversation)}/messages/{fields['id']}", json={"text": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "once_more")
    assert len(conversation.messages) == 1


async def test_an_empty_message_is_named_and_a_therapist_is_never_asked(
    browser: Browser, therapist: Person, conversation: FakeConversation, portal: FakePortal
) -> None:
    fields = await fill(browser, therapist, conversation)
    tell(portal, shared_again_at=MORNING)
    assert (await browser.post(f"{address(conversation)}/messages", {**fields, "text": " "})).status_code == 422
    assert (await browser.post(f"{address(conversation)}/messages", fields)).status_code == 303


async def test_where_portal_does_not_answer_nobody_is_held_up(
    browser: Browser, client_person: Person, conversation: FakeConversation, portal: FakePortal
) -> None:
    fields = await fill(browser, client_person, conversation)
    portal.answers["GET", TOLD] = problem(503, "unavailable")
    assert (await browser.post(f"{address(conversation)}/messages", fields)).status_code == 303


async def test_while_somebody_stands_in_it_says_who_and_where_help_is(
    browser: Browser, client_person: Person, conversation: FakeConversation, portal: FakePortal
) -> None:
    page = await browser.open_signed_in(client_person, address(conversation))
    assert soup(page).select("#away") == []
    tell(portal, standing_in=[SOMEBODY])
    fields = {**form_values(page, "write"), "text": "Hello"}
    assert (await browser.post(f"{address(conversation)}/messages", fields)).status_code == 303
    page = await browser.get(address(conversation))
    (card,) = soup(page).select("#away")
    assert "Dr Noor Ito stands in for now." in " ".join(card.get_text(" ").split())
    assert [link["href"] for link in card.select("a")] == ["tel:988", "sms:988", "tel:911"]
