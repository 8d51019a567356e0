"""A therapist's list of who waits for an answer: the longest first, how long in words, and what is overdue in words."""

from datetime import UTC, datetime, timedelta

import pytest
from afterglow_design.languages import speaking
from afterglow_foundation.callers import Role
from afterglow_foundation.testing.people import Person
from afterglow_web.answering.wording import waited

from tests.web.browser import Browser, soup, words
from tests.web.fake_messaging import FakeMessaging
from tests.web.fake_portal import problem

TARGET, LIST = "/messages/answering", "/messages"


@pytest.fixture
def clients(messaging: FakeMessaging, client_person: Person, other_client: Person, therapist: Person) -> list[Person]:
    """The second waits for three days, the first for five hours; a third was answered."""
    answered = messaging.open(Person(Role.client, "Kim Lund"), therapist)
    messaging.write(answered, therapist, "Hello")
    now = datetime.now(UTC)
    for client, ago in ((client_person, timedelta(hours=5)), (other_client, timedelta(days=3))):
        found = messaging.open(client, therapist, "Hello")
        for more in (timedelta(), timedelta(minutes=1)):
            messaging.write(found, client, "Hello", sent_at=now - ago + more)
    return [client_person, other_client]


async def test_the_longest_comes_first_with_how_long_in_words(
    browser: Browser, therapist: Person, clients: list[Person]
) -> None:
    page = soup(await browser.open_signed_in(therapist, LIST))
    rows = [" ".join(row.get_text(" ").split()) for row in page.select("#waiting li")]
    assert rows == [
        f"{clients[1].name} waiting for 3 days, 2 messages Needs no answer : {clients[1].name}",
        f"{clients[0].name} waiting for 5 hours, 2 messages Needs no answer : {clients[0].name}",
    ]
    assert "2 clients wait for an answer." in words(page)
    assert len(page.select("[id^=conversation-]")) == 3


async def test_overdue_is_said_in_words_and_only_with_a_target(
    browser: Browser, messaging: FakeMessaging, therapist: Person, clients: list[Person]
) -> None:
    page = await browser.open_signed_in(therapist, LIST)
    assert "overdue" not in words(page)
    messaging.answer_target = 24
    late, in_time = soup(await browser.get(LIST)).select("#waiting li")
    said, unsaid = words(late), words(in_time)
    assert clients[1].name in said
    assert "overdue" in said
    assert "you wanted to answer by" in said
    assert "overdue" not in unsaid
    assert "answer by" in unsaid


async def test_what_needs_no_answer_is_taken_off(
    browser: Browser, messaging: FakeMessaging, therapist: Person, clients: list[Person]
) -> None:
    page = soup(await browser.open_signed_in(therapist, LIST))
    form = page.select("#waiting form")[0]
    sent = {str(one["name"]): str(one["value"]) for one in form.select("input[type=hidden]")}
    answer = await browser.post(str(form["action"]), {"sequence": sent["sequence"]})
    assert answer.headers["location"] == "/messages?settled=true#waiting"
    page = soup(await browser.get("/messages?settled=true"))
    assert [words(name) for name in page.select("#waiting li strong")] == [clients[0].name]
    assert "Taken off the list" in words(page)
    assert set(messaging.settled.values()) == {3}


async def test_an_open_page_asks_for_the_list_alone(browser: Browser, therapist: Person, clients: list[Person]) -> None:
    await browser.open_signed_in(therapist, LIST)
    part = await browser.fragment("/messages/waiting")
    assert len(soup(part).select("li")) == len(clients)
    assert not soup(part).select("nav")
    alone = await browser.get("/messages/waiting")
    assert (alone.status_code, alone.headers["location"]) == (303, "/messages#waiting")


async def test_where_nobody_waits_it_says_so(browser: Browser, messaging: FakeMessaging, therapist: Person) -> None:
    messaging.open(Person(Role.client, "Kim Lund"), therapist, "Hello")
    assert "Nobody waits for an answer." in words(await browser.open_signed_in(therapist, LIST))


async def test_a_client_has_no_such_list(
    browser: Browser, messaging: FakeMessaging, client_person: Person, therapist: Person, other_therapist: Person
) -> None:
    for each in (therapist, other_therapist):
        messaging.open(client_person, each, "Hello")
    page = await browser.open_signed_in(client_person, LIST)
    assert not soup(page).select("#waiting")
    assert "waiting" not in messaging.called()
    for path in (TARGET, "/messages/waiting"):
        assert (await browser.get(path)).status_code == 403


async def test_a_target_is_set_and_taken_back(browser: Browser, messaging: FakeMessaging, therapist: Person) -> None:
    await browser.open_signed_in(therapist, TARGET)
    for typed, kept in ((" 24 ", 24), ("", None), ("336", 336)):
        answer = await browser.post(TARGET, {"hours": typed})
        assert (answer.headers["location"], messaging.answer_target) == (f"{TARGET}?saved=true", kept)
        page = soup(await browser.get(f"{TARGET}?saved=true"))
        assert page.select("#hours")[0].get("value", "") == str(kept or "")
        assert "It holds for what waits now" in words(page)


@pytest.mark.parametrize("typed", ["0", "337", "-1", "1.5", "two", "9999", "\N{ARABIC-INDIC DIGIT FOUR}"])
async def test_what_is_no_number_of_hours_is_named_and_stays(
    browser: Browser, messaging: FakeMessaging, therapist: Person, typed: str
) -> None:
    await browser.open_signed_in(therapist, TARGET)
    page = await browser.post(TARGET, {"hours": typed})
    assert page.status_code == 422
    assert [link["href"] for link in soup(page).select(".error-summary a")] == ["#hours"]
    assert soup(page).select("#hours")[0]["value"] == typed
    assert messaging.called("PUT") == []


async def test_without_an_answer_nothing_is_called_saved(
    browser: Browser, messaging: FakeMessaging, therapist: Person
) -> None:
    await browser.open_signed_in(therapist, TARGET)
    messaging.answers["PUT", "answer-target"] = problem(503, "unavailable")
    assert (await browser.post(TARGET, {"hours": "5"})).status_code == 503


@pytest.mark.parametrize(
    ("minutes", "english", "spanish"),
    [
        (0, "waiting for less than an hour", "espera desde hace menos de una hora"),
        (59, "waiting for less than an hour", "espera desde hace menos de una hora"),
        (60, "waiting for 1 hour", "espera desde hace 1 hora"),
        (47 * 60 + 59, "waiting for 47 hours", "espera desde hace 47 horas"),
        (48 * 60, "waiting for 2 days", "espera desde hace 2 días"),
        (10 * 24 * 60 - 1, "waiting for 9 days", "espera desde hace 9 días"),
    ],
)
def test_how_long_is_said_in_whole_hours_and_days(minutes: int, english: str, spanish: str) -> None:
    now = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    for language, expected in (("en", english), ("es", spanish)):
        with speaking(language):
            assert waited(now - timedelta(minutes=minutes), now) == expected
