"""Sending by form and by JSON: once, and with the words kept whatever happens."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_web.session.models import KeptForm, WebSession, now
from sqlalchemy import select, update

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_messaging import FakeConversation, FakeMessaging, problem

WORDS = "I walked along the canal; <i>quiet</i> there"


@pytest.fixture
def conversation(messaging: FakeMessaging, client_person: Person, therapist: Person) -> FakeConversation:
    return messaging.open(client_person, therapist, "How was the week?")


def address(conversation: FakeConversation) -> str:
    return f"/conversations/{conversation.id}"


async def fill(browser: Browser, person: Person, conversation: FakeConversation, text: str = WORDS) -> dict[str, str]:
    """Open the conversation and return what its form would post."""
    page = await browser.open_signed_in(person, address(conversation))
    return {**form_values(page, "write"), "text": text}


async def post(browser: Browser, conversation: FakeConversation, fields: dict[str, str]) -> httpx.Response:
    return await browser.post(f"{address(conversation)}/messages", fields)


async def test_the_page_that_comes_back_opens_at_the_form(
    browser: Browser, client_person: Person, conversation: FakeConversation
) -> None:
    """A conversation is long: what went wrong stands beside the words, and the browser goes there by itself."""
    page = await browser.open_signed_in(client_person, address(conversation))
    form = soup(page).select_one("#write form")
    assert form is not None
    assert form["action"] == f"{address(conversation)}/messages#write"
    answer = await post(browser, conversation, {**form_values(page, "write"), "text": " "})
    assert soup(answer).select("#write .error-summary")


async def test_send(browser: Browser, client_person: Person, conversation: FakeConversation) -> None:
    fields = await fill(browser, client_person, conversation, "Rain,\r\nthen sun")
    answer = await post(browser, conversation, fields)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{address(conversation)}#message-{fields['id']}"
    page = await browser.get(address(conversation))
    own = soup(page).select(".message-own")
    assert [row["id"] for row in own] == [f"message-{fields['id']}"]
    assert conversation.messages[-1]["text"] == "Rain,\nthen sun"
    assert form_values(page, "write")["text"] == ""
    assert form_values(page, "write")["id"] != fields["id"]


async def test_one_call_to_messaging(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    fields = await fill(browser, client_person, conversation)
    messaging.requests.clear()
    await post(browser, conversation, fields)
    assert [request.method for request in messaging.requests] == ["PUT"]
    assert json.loads(messaging.requests[0].content) == {"text": WORDS}


async def test_sent_twice_is_there_once(
    browser: Browser, client_person: Person, conversation: FakeConversation
) -> None:
    fields = await fill(browser, client_person, conversation)
    for _ in range(2):
        assert (await post(browser, conversation, fields)).status_code == 303
    assert len(conversation.messages) == 2


async def test_form_and_json_are_one_message(
    browser: Browser, client_person: Person, conversation: FakeConversation
) -> None:
    """The browser's module sends JSON first and falls back to the form, with other line ends."""
    fields = await fill(browser, client_person, conversation, " One\r\nTwo ")
    sent = await browser.put(f"{address(conversation)}/messages/{fields['id']}", json={"text": " One\nTwo "})
    assert sent.status_code == 201
    assert (await post(browser, conversation, fields)).status_code == 303
    assert len(conversation.messages) == 2


async def test_other_words_under_the_same_id(
    browser: Browser, client_person: Person, conversation: FakeConversation
) -> None:
    fields = await fill(browser, client_person, conversation)
    await post(browser, conversation, fields)
    answer = await post(browser, conversation, {**fields, "text": "Other words"})
    assert answer.status_code == 409
    assert "Send once more to add this as a new message" in words(answer)
    again = form_values(answer, "write")
    assert again["text"] == "Other words"
    assert again["id"] != fields["id"]
    assert (await post(browser, conversation, again)).status_code == 303
    assert [one["text"] for one in conversation.messages[1:]] == [WORDS, "Other words"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Your message: write something before sending"),
        (" \r\n\t ", "Your message: write something before sending"),
        ("a" * 10_001, "Your message: make it shorter, at most 10,000 characters fit"),
    ],
)
async def test_words_that_cannot_be_sent(
    browser: Browser, client_person: Person, conversation: FakeConversation, text: str, sentence: str
) -> None:
    fields = await fill(browser, client_person, conversation, text)
    answer = await post(browser, conversation, fields)
    assert answer.status_code == 422
    assert [(one["href"], one.get_text()) for one in soup(answer).select(".error-summary a")] == [("#text", sentence)]
    area = soup(answer).select_one("#text")
    assert area is not None
    assert area["aria-invalid"] == "true"
    assert form_values(answer, "write") == {**form_values(answer, "write"), "id": fields["id"], "text": text}
    assert len(conversation.messages) == 1


async def test_a_character_that_is_not_taken(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    fields = await fill(browser, client_person, conversation)
    refusal = problem(422, "invalid_input", [{"field": "text", "code": "value_error", "message": "x"}])
    messaging.answers["PUT", f"conversations/{conversation.id}/messages/{fields['id']}"] = refusal
    answer = await post(browser, conversation, fields)
    assert "Your message: it has a character that we cannot take" in words(answer)


@pytest.mark.parametrize("identifier", ["", "../x", "0195e3a0-0000-4000-8000-0000000000aa"])
async def test_an_id_that_is_none_of_ours(
    browser: Browser, client_person: Person, conversation: FakeConversation, identifier: str
) -> None:
    fields = await fill(browser, client_person, conversation)
    answer = await post(browser, conversation, {**fields, "id": identifier})
    assert answer.status_code == 400
    again = form_values(answer, "write")
    assert again["text"] == WORDS
    assert len(conversation.messages) == 1
    assert (await post(browser, conversation, again)).status_code == 303


async def test_care_ended_meanwhile(browser: Browser, client_person: Person, conversation: FakeConversation) -> None:
    """No form any more, but the words are shown to be copied."""
    fields = await fill(browser, client_person, conversation)
    conversation.closed_at = datetime.now(UTC)
    answer = await post(browser, conversation, fields)
    assert answer.status_code == 403
    assert not soup(answer).select("textarea")
    assert f"Your words, not sent {WORDS}" in words(answer)
    assert "this conversation is closed" in words(answer).lower()


async def test_no_longer_open_to_the_person(
    browser: Browser, therapist: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    fields = await fill(browser, therapist, conversation)
    messaging.conversations.clear()
    answer = await post(browser, conversation, fields)
    assert answer.status_code == 404
    assert f"Copy your words before you leave this page: {WORDS}" in words(answer)


async def test_messaging_away_keeps_the_words(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    fields = await fill(browser, client_person, conversation)
    messaging.down = True
    answer = await post(browser, conversation, fields)
    assert answer.status_code == 503
    assert "Your words are still here" in words(answer)
    again = form_values(answer, "write")
    assert (again["text"], again["id"]) == (WORDS, fields["id"])
    messaging.down = False
    assert (await post(browser, conversation, again)).status_code == 303
    assert len(conversation.messages) == 2


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_messaging_in_trouble_keeps_the_words_among_the_messages(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging, status: int
) -> None:
    fields = await fill(browser, client_person, conversation)
    messaging.answers["PUT", f"conversations/{conversation.id}/messages/{fields['id']}"] = problem(status, "x")
    answer = await post(browser, conversation, fields)
    assert answer.status_code == 503
    assert "How was the week?" in words(answer)
    assert form_values(answer, "write")["text"] == WORDS


async def change(database: RolledBackDatabase, **values: object) -> None:
    async with database.arrange() as session:
        await session.execute(update(WebSession).values(**values))


@pytest.mark.parametrize(
    "ends", [{"last_seen_at": now() - timedelta(days=1)}, {"expires_at": now()}, {"access_expires_at": now()}]
)
async def test_a_lapsed_session_loses_nothing(
    browser: Browser,
    client_person: Person,
    conversation: FakeConversation,
    database: RolledBackDatabase,
    ends: dict[str, object],
) -> None:
    fields = await fill(browser, client_person, conversation)
    await change(database, **ends)
    browser.auth.refresh_tokens.clear()
    answer = await post(browser, conversation, fields)
    page = await come_back(browser, client_person, answer)
    assert "What you typed is still here and not sent yet" in words(page)
    assert "How was the week?" in words(page)
    again = form_values(page, "write")
    assert (again["text"], again["id"]) == (WORDS, fields["id"])
    assert len(conversation.messages) == 1
    assert (await post(browser, conversation, again)).status_code == 303
    assert len(conversation.messages) == 2
    async with database.arrange() as work:
        assert (await work.execute(select(KeptForm))).first() is None


async def come_back(browser: Browser, person: Person, answer: httpx.Response) -> httpx.Response:
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")
    begun = await browser.get(answer.headers["location"])
    finished = await browser.get(browser.auth.authorize(begun.headers["location"], person))
    return await browser.get(finished.headers["location"])


async def test_a_token_that_messaging_refuses_loses_nothing(
    browser: Browser,
    client_person: Person,
    conversation: FakeConversation,
    messaging: FakeMessaging,
    database: RolledBackDatabase,
) -> None:
    fields = await fill(browser, client_person, conversation)
    messaging.answers["PUT", f"conversations/{conversation.id}/messages/{fields['id']}"] = problem(401, "revoked")
    answer = await post(browser, conversation, fields)
    assert answer.headers["location"].startswith("/sign-in?next=%2Fconversations%2F")
    async with database.arrange() as work:
        kept = (await work.execute(select(KeptForm))).scalar_one()
    assert kept.person_id == client_person.id
    assert b"canal" not in kept.fields


async def test_signed_out_in_another_tab(
    browser: Browser, client_person: Person, conversation: FakeConversation
) -> None:
    fields = await fill(browser, client_person, conversation)
    token = browser.token
    await browser.post("/sign-out")
    answer = await post(browser, conversation, {**fields, "csrf_token": token})
    assert answer.status_code == 401
    assert f"Copy your words before you leave this page: {WORDS}" in words(answer)
    assert "<i>quiet" not in answer.text


async def test_json(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    """Web's own JSON passes messaging's answers through: created, replayed, other body, not usable."""
    await browser.open_signed_in(client_person)
    path = f"{address(conversation)}/messages/{new_id()}"
    first = await browser.put(path, json={"text": "Hello"})
    assert (first.status_code, first.json()["text"]) == (201, "Hello")
    assert first.headers["cache-control"] == "no-store"
    assert (await browser.put(path, json={"text": "Hello"})).status_code == 200
    other = await browser.put(path, json={"text": "Other"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    unusable = await browser.put(f"{address(conversation)}/messages/{new_id()}", json={"text": "a" * 10_001})
    assert (unusable.status_code, unusable.json()["errors"][0]["field"]) == (422, "text")
    messaging.down = True
    assert (await browser.put(path, json={"text": "Hello"})).status_code == 503


async def test_what_a_phone_kept_is_sent_for_nobody_but_whoever_wrote_it(
    browser: Browser, client_person: Person, therapist: Person, conversation: FakeConversation
) -> None:
    await browser.open_signed_in(client_person)
    path, before = f"{address(conversation)}/messages/{new_id()}", len(conversation.messages)
    mine, others = ({"afterglow-person": str(one.id)} for one in (client_person, therapist))
    refused = await browser.put(path, json={"text": "Hello"}, headers=others)
    assert (refused.status_code, refused.json()["code"]) == (403, "earlier_session")
    assert len(conversation.messages) == before
    assert (await browser.put(path, json={"text": "Hello"}, headers=mine)).status_code == 201


async def test_read_mark_as_json(browser: Browser, client_person: Person, conversation: FakeConversation) -> None:
    await browser.open_signed_in(client_person)
    answer = await browser.put(f"{address(conversation)}/read-mark", json={"sequence": 1})
    assert (answer.status_code, answer.json()) == (200, {"sequence": 1, "unread": 0})
    foreign = await browser.put(f"/conversations/{new_id()}/read-mark", json={"sequence": 1})
    assert foreign.status_code == 404
    cross = await browser.put(
        f"{address(conversation)}/read-mark", json={"sequence": 1}, headers={"sec-fetch-site": "cross-site"}
    )
    assert cross.status_code == 403


@pytest.mark.parametrize(("content", "field"), [(b'{"text": "\\ud800"}', "text"), (b'{"text": NaN}', "text")])
@pytest.mark.parametrize("what", ["messages/0195e3a0-0000-7000-8000-000000000001", "read-mark"])
async def test_json_that_cannot_be_sent_on_is_named(
    *, browser: Browser, client_person: Person, conversation: FakeConversation, what: str, content: bytes, field: str
) -> None:
    await browser.open_signed_in(client_person, "/messages")
    kind = {"content-type": "application/json"}
    answer = await browser.put(f"/conversations/{conversation.id}/{what}", content=content, headers=kind)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])
    assert len(conversation.messages) == 1
