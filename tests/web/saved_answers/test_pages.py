"""A therapist's saved answers: looked after on their pages, and put into a message without losing what was typed."""

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_messaging import FakeConversation, FakeMessaging, problem

LIST, NEW = "/messages/answers", "/messages/answers/new"
FORM = {"name": "Away", "text": "Back on\r\nMonday."}


@pytest.fixture
def answer(messaging: FakeMessaging) -> str:
    identifier = str(new_id())
    held = {"id": identifier, "name": "Greeting", "text": "Good to hear from you.", "version": 0}
    messaging.saved_answers[identifier] = held
    return identifier


@pytest.fixture
def conversation(messaging: FakeMessaging, client_person: Person, therapist: Person) -> FakeConversation:
    return messaging.open(client_person, therapist, "Hello")


async def test_one_is_saved_listed_changed_and_deleted(
    browser: Browser, messaging: FakeMessaging, therapist: Person
) -> None:
    assert "None is saved yet" in words(await browser.open_signed_in(therapist, LIST))
    page = soup(await browser.get(NEW))
    identifier = str(page.select("main input[name=id]")[0]["value"])
    answer = await browser.post(NEW, FORM | {"id": identifier})
    assert answer.headers["location"] == f"{LIST}?saved=true"
    saved = messaging.saved_answers[identifier]
    assert (saved["name"], saved["text"]) == ("Away", "Back on\nMonday.")
    page = soup(await browser.get(f"{LIST}?saved=true"))
    assert [link["href"] for link in page.select("#answers li a")] == [f"{LIST}/{identifier}"]
    page = soup(await browser.get(f"{LIST}/{identifier}"))
    assert page.select("#name")[0]["value"] == "Away"
    changed = {"name": "Away", "text": "Back on Tuesday.", "replaces": "0"}
    assert (await browser.post(f"{LIST}/{identifier}", changed)).status_code == 303
    assert saved["text"] == "Back on Tuesday."
    for _ in range(2):  # twice is as good as once
        assert (await browser.post(f"{LIST}/{identifier}/deletion")).headers["location"] == f"{LIST}?deleted=true"
    assert messaging.saved_answers == {}


@pytest.mark.parametrize("field", ["name", "text"])
async def test_what_is_missing_is_named_and_the_rest_stays(browser: Browser, therapist: Person, field: str) -> None:
    await browser.open_signed_in(therapist, NEW)
    page = await browser.post(NEW, FORM | {"id": str(new_id()), field: " "})
    assert page.status_code == 422
    assert [link["href"] for link in soup(page).select(".error-summary a")] == [f"#{field}"]
    other = {"name": "Back on", "text": "Away"}[field]
    assert other in page.text


async def test_one_too_many_keeps_the_words(browser: Browser, messaging: FakeMessaging, therapist: Person) -> None:
    messaging.most_saved = 0
    await browser.open_signed_in(therapist, NEW)
    page = await browser.post(NEW, FORM | {"id": str(new_id())})
    assert page.status_code == 409
    assert "fifty saved answers are the most" in words(page)
    assert "Back on" in soup(page).select("#text")[0].get_text()


async def test_of_two_windows_the_second_is_told_and_may_go_on(
    browser: Browser, messaging: FakeMessaging, therapist: Person, answer: str
) -> None:
    messaging.saved_answers[answer]["version"] = 3
    await browser.open_signed_in(therapist, f"{LIST}/{answer}")
    page = await browser.post(f"{LIST}/{answer}", FORM | {"replaces": "2"})
    assert page.status_code == 409
    assert "changed in another window" in words(page)
    again = {str(one["name"]): str(one.get("value", "")) for one in soup(page).select("main input[name]")}
    assert (again["name"], again["replaces"]) == ("Away", "3")
    assert (await browser.post(f"{LIST}/{answer}", FORM | {"replaces": again["replaces"]})).status_code == 303


@pytest.mark.parametrize("path", [NEW, f"{LIST}/{{answer}}"])
async def test_without_an_answer_nothing_typed_is_lost(
    browser: Browser, messaging: FakeMessaging, therapist: Person, answer: str, path: str
) -> None:
    path = path.format(answer=answer)
    await browser.open_signed_in(therapist, path)
    messaging.down = True
    page = await browser.post(path, FORM | {"id": str(new_id())})
    assert page.status_code == 503
    assert "Back on" in page.text


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("", "Good to hear from you."), ("Dear Rowan,  \n", "Dear Rowan,\n\nGood to hear from you.")],
)
async def test_it_goes_behind_what_was_typed_and_is_not_sent(
    *, browser: Browser, therapist: Person, conversation: FakeConversation, answer: str, typed: str, expected: str
) -> None:
    page = soup(await browser.open_signed_in(therapist, f"/conversations/{conversation.id}"))
    assert [option.get_text() for option in page.select("#answer option")] == ["Greeting"]
    fields = {"id": str(new_id()), "text": typed, "answer": answer, "reply_to": conversation.messages[0]["id"]}
    page = await browser.post(f"/conversations/{conversation.id}/insertion", fields)
    assert page.status_code == 200
    shown = soup(page)
    assert shown.select("#text")[0].get_text().strip() == expected
    kept = {str(one["name"]): str(one["value"]) for one in shown.select("#write input[type=hidden]")}
    assert (kept["id"], kept["reply_to"]) == (fields["id"], fields["reply_to"])
    assert "Inserted, and not sent yet" in words(page)
    assert len(conversation.messages) == 1


@pytest.mark.usefixtures("answer")
@pytest.mark.parametrize("chosen", ["", "nothing"])
async def test_one_that_is_not_there_leaves_the_words(
    browser: Browser, therapist: Person, conversation: FakeConversation, chosen: str
) -> None:
    await browser.open_signed_in(therapist, f"/conversations/{conversation.id}")
    for wanted in (chosen, str(conversation.id)):
        fields = {"id": str(new_id()), "text": "Dear Rowan", "answer": wanted}
        page = await browser.post(f"/conversations/{conversation.id}/insertion", fields)
        assert page.status_code == 409
        assert soup(page).select("#text")[0].get_text().strip() == "Dear Rowan"


async def test_the_words_of_one_are_asked_for_by_the_script(browser: Browser, therapist: Person, answer: str) -> None:
    await browser.open_signed_in(therapist, LIST)
    found = await browser.get(f"{LIST}/{answer}/words")
    assert (found.json(), found.headers["cache-control"]) == ({"text": "Good to hear from you."}, "no-store")


@pytest.mark.usefixtures("answer")
async def test_where_none_can_be_had_the_conversation_is_shown(
    browser: Browser, messaging: FakeMessaging, therapist: Person, conversation: FakeConversation
) -> None:
    messaging.answers["GET", "saved-answers"] = problem(503, "unavailable")
    page = await browser.open_signed_in(therapist, f"/conversations/{conversation.id}")
    assert (page.status_code, soup(page).select("#insert")) == (200, [])


async def test_a_client_is_offered_none(
    browser: Browser, messaging: FakeMessaging, client_person: Person, conversation: FakeConversation, answer: str
) -> None:
    page = await browser.open_signed_in(client_person, f"/conversations/{conversation.id}")
    assert soup(page).select("#insert") == []
    assert "saved-answers" not in messaging.called()
    for path in (LIST, NEW, f"{LIST}/{answer}", f"{LIST}/{answer}/words"):
        assert (await browser.get(path)).status_code == 403


async def test_in_a_foreign_conversation_there_is_nothing_but_the_words(
    browser: Browser, messaging: FakeMessaging, therapist: Person
) -> None:
    foreign = messaging.open(Person(Role.client, "Kim Lund"), Person(Role.therapist, "Ada Berg"))
    await browser.open_signed_in(therapist, "/messages")
    page = await browser.post(
        f"/conversations/{foreign.id}/insertion", {"id": str(new_id()), "text": "Good morning", "answer": str(new_id())}
    )
    assert page.status_code == 404
    assert "morning" in page.text
    assert foreign.messages == []
