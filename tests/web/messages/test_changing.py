"""Correcting and withdrawing a message by form: what is offered, what it does, and that no word is lost."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_messaging import FakeConversation, FakeMessaging, problem

WORDS = "I meant <i>Tuesday</i>"


@pytest.fixture
def conversation(messaging: FakeMessaging, client_person: Person, therapist: Person) -> FakeConversation:
    found = messaging.open(client_person, therapist, "How was the week?")
    messaging.write(found, client_person, "Good, until Thursday")
    return found


def address(conversation: FakeConversation, act: str, number: int = 2) -> str:
    return f"/conversations/{conversation.id}/messages/{conversation.messages[number - 1]['id']}/{act}"


def back(conversation: FakeConversation) -> str:
    return f"/conversations/{conversation.id}#message-{conversation.messages[1]['id']}"


def path(conversation: FakeConversation, act: str) -> str:
    return f"conversations/{conversation.id}/messages/{conversation.messages[1]['id']}/{act}"


async def fill(browser: Browser, person: Person, conversation: FakeConversation, text: str = WORDS) -> dict[str, str]:
    page = await browser.open_signed_in(person, address(conversation, "change"))
    return {**form_values(page, "correct"), "text": text}


def links(page: httpx.Response) -> list[str]:
    return [link.get_text() for link in soup(page).select(".message-foot a:not([data-reply])")]


def sent_ago(conversation: FakeConversation, ago: timedelta) -> None:
    conversation.messages[1]["sent_at"] = (datetime.now(UTC) - ago).isoformat()


@pytest.mark.parametrize(
    ("ago", "offered"),
    [
        (timedelta(minutes=14), ["Correct or withdraw"]),
        (timedelta(minutes=16), ["Withdraw"]),
        (timedelta(hours=25), []),
    ],
)
async def test_a_conversation_offers_what_is_still_possible_with_ones_own(
    browser: Browser, client_person: Person, conversation: FakeConversation, ago: timedelta, offered: list[str]
) -> None:
    sent_ago(conversation, ago)
    page = await browser.open_signed_in(client_person, f"/conversations/{conversation.id}")
    assert links(page) == offered


async def test_it_offers_nothing_with_the_others(
    browser: Browser, therapist: Person, conversation: FakeConversation
) -> None:
    conversation.messages.pop(0)
    conversation.messages[0]["sequence"] = 1
    assert links(await browser.open_signed_in(therapist, f"/conversations/{conversation.id}")) == []


async def test_a_closed_conversation_offers_nothing(
    browser: Browser, client_person: Person, conversation: FakeConversation
) -> None:
    conversation.closed_at = datetime.now(UTC)
    assert links(await browser.open_signed_in(client_person, f"/conversations/{conversation.id}")) == []
    page = await browser.get(address(conversation, "change"))
    assert "This conversation is closed" in words(page)
    assert not soup(page).select("#correct, #withdraw")


async def test_correct(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    fields = await fill(browser, client_person, conversation, "Good,\r\nuntil Friday")
    assert form_values(await browser.get(address(conversation, "change")), "correct")["text"] == "Good, until Thursday"
    answer = await browser.post(address(conversation, "correction"), fields)
    assert (answer.status_code, answer.headers["location"]) == (303, back(conversation))
    sent = next(request for request in messaging.requests if request.method == "POST")
    assert json.loads(sent.content) == {"id": fields["id"], "text": "Good,\nuntil Friday", "replaces": 0}
    page = await browser.get(f"/conversations/{conversation.id}")
    own = soup(page).select_one(".message-own")
    assert own is not None
    assert "until Friday" in own.get_text()
    assert links(page)[0].startswith("corrected ")


async def test_the_other_one_sees_that_it_changed_and_what_it_said(
    browser: Browser, therapist: Person, client_person: Person, conversation: FakeConversation,
    messaging: FakeMessaging,
) -> None:  # fmt: skip
    messaging.correct(conversation, conversation.messages[1], "Good, until Friday")
    messaging.correct(conversation, conversation.messages[1], "Good, until Saturday")
    page = await browser.open_signed_in(therapist, f"/conversations/{conversation.id}")
    link = soup(page).select_one(f"#message-{conversation.messages[1]['id']} .message-foot a")
    assert link is not None
    page = await browser.get(str(link["href"]))
    cards = [" ".join(card.get_text(" ").split()) for card in soup(page).select("section[id^=version-]")]
    assert [card.split(" ", 1)[0] for card in cards] == ["Now", "In", "As"]
    assert ["Saturday" in cards[0], "Friday" in cards[1], "Thursday" in cards[2]] == [True] * 3
    assert f"Message from {client_person.name}" in words(page)


async def test_withdraw(browser: Browser, client_person: Person, conversation: FakeConversation) -> None:
    page = await browser.open_signed_in(client_person, address(conversation, "change"))
    assert "may have read it already" in words(page)
    answer = await browser.post(address(conversation, "withdrawal"), form_values(page, "withdraw"))
    assert (answer.status_code, answer.headers["location"]) == (303, back(conversation))
    page = await browser.get(f"/conversations/{conversation.id}")
    (own,) = soup(page).select(".message-own")
    assert "withdrawn by you, " in own.get_text()
    assert "Thursday" not in words(page)
    assert links(page) == []


async def test_the_other_one_sees_who_withdrew_it(
    browser: Browser, client_person: Person, therapist: Person, conversation: FakeConversation,
    messaging: FakeMessaging,
) -> None:  # fmt: skip
    messaging.withdraw(conversation, conversation.messages[1])
    page = await browser.open_signed_in(therapist, f"/conversations/{conversation.id}")
    assert f"withdrawn by {client_person.name}, " in words(page)
    assert "Thursday" not in words(page)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("too_late", "can be corrected for 15 minutes"),
        ("overtaken", "was changed a moment ago"),
        ("withdrawn", "this message was withdrawn"),
        ("too_often", "corrected very often"),
        ("conflict", "This form was used before"),
    ],
)
async def test_refused_corrections_keep_the_words(
    *, browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging,
    code: str, said: str,
) -> None:  # fmt: skip
    fields = await fill(browser, client_person, conversation)
    messaging.answers["POST", path(conversation, "versions")] = problem(409, code)
    if code == "too_late":
        sent_ago(conversation, timedelta(minutes=20))
    page = await browser.post(address(conversation, "correction"), fields)
    assert page.status_code == 409
    assert said in words(page)
    assert WORDS in words(page) or form_values(page, "correct")["text"] == WORDS
    if code != "too_late":
        assert form_values(page, "correct")["id"] != fields["id"]


@pytest.mark.parametrize("text", ["", " \n"])
async def test_empty_words_are_named(
    browser: Browser, client_person: Person, conversation: FakeConversation, text: str
) -> None:
    fields = await fill(browser, client_person, conversation, text)
    page = await browser.post(address(conversation, "correction"), fields)
    assert page.status_code == 422
    assert soup(page).select('.error-summary a[href="#text"]')
    assert soup(page).select('#text[aria-invalid="true"]')


@pytest.mark.parametrize("change", [{"id": "x"}, {"replaces": "x"}, {"replaces": "\u0663"}])
async def test_a_form_that_is_not_ours_keeps_the_words(
    browser: Browser, client_person: Person, conversation: FakeConversation, change: dict[str, str]
) -> None:
    fields = await fill(browser, client_person, conversation)
    page = await browser.post(address(conversation, "correction"), fields | change)
    assert page.status_code == 400
    assert form_values(page, "correct")["text"] == WORDS


async def test_no_answer_keeps_the_words(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    fields = await fill(browser, client_person, conversation)
    messaging.answers["POST", path(conversation, "versions")] = problem(503, "unavailable")
    page = await browser.post(address(conversation, "correction"), fields)
    assert page.status_code == 503
    assert form_values(page, "correct")["text"] == WORDS


async def test_too_late_to_withdraw(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    page = await browser.open_signed_in(client_person, address(conversation, "change"))
    messaging.answers["PUT", path(conversation, "withdrawal")] = problem(409, "too_late")
    sent_ago(conversation, timedelta(hours=25))
    page = await browser.post(address(conversation, "withdrawal"), form_values(page, "withdraw"))
    assert page.status_code == 409
    assert "Not withdrawn" in words(page)
    assert "please write another one" in words(page)


async def test_somebody_elses_message_is_not_changed(
    browser: Browser, client_person: Person, conversation: FakeConversation
) -> None:
    fields = await fill(browser, client_person, conversation)
    page = await browser.get(address(conversation, "change", 1))
    assert page.status_code == 403
    for act in ("correction", "withdrawal"):
        page = await browser.post(address(conversation, act, 1), fields)
        assert page.status_code == 403
    assert conversation.messages[0]["text"] == "How was the week?"
    page = await browser.get(f"/conversations/{conversation.id}/messages/{conversation.id}/change")
    assert page.status_code == 404
