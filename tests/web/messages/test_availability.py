"""Beside Send: that nobody is there now and when somebody is, and how soon answers came; nothing is ever held back."""

from collections.abc import Iterator
from typing import Any

import pytest
from afterglow_design.languages import speaking
from afterglow_foundation.testing.people import Person
from afterglow_web.messages.availability import Answers, answered_so_far, within

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_messaging import FakeConversation, FakeMessaging
from tests.web.fake_portal import problem

CLOSED = {"open": False, "closes_at": None, "opens_at": "2026-03-30T13:00:00Z", "answers": None}
OPEN = {"open": True, "closes_at": "2026-03-30T21:00:00Z", "opens_at": "2026-03-31T13:00:00Z", "answers": None}
SAID = "The practice is closed now. It opens on Monday, 30 March, 14:00 by your clock."  # London's, in summer
NOTICE = "#outside-hours"


@pytest.fixture
def conversation(messaging: FakeMessaging, client_person: Person, therapist: Person) -> FakeConversation:
    return messaging.open(client_person, therapist, "How was the week?")


def address(conversation: FakeConversation) -> str:
    return f"/conversations/{conversation.id}"


def tell(messaging: FakeMessaging, **values: Any) -> None:
    messaging.availability = values


async def test_outside_hours_it_stands_before_the_button_and_the_message_goes(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    tell(messaging, **CLOSED)
    page = await browser.open_signed_in(client_person, address(conversation))
    notice = soup(page).select_one(f"form {NOTICE}")
    assert notice
    assert not notice.has_attr("hidden")
    assert SAID in words(page)
    following = notice.find_next("button", class_="button-wide") or notice.find_next_sibling("button")
    assert following
    assert following.get_text(strip=True) == "Send"
    fields = {**form_values(page, "write"), "text": "It can wait"}
    assert (await browser.post(f"{address(conversation)}/messages", fields)).status_code == 303
    assert conversation.messages[-1]["text"] == "It can wait"


async def test_a_form_that_comes_back_says_it_too(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    tell(messaging, **CLOSED)
    fields = form_values(await browser.open_signed_in(client_person, address(conversation)), "write")
    again = await browser.post(f"{address(conversation)}/messages", {**fields, "text": " "})
    assert again.status_code == 422
    assert SAID in words(again)


async def test_in_hours_it_waits_unseen_for_the_practice_to_close(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    tell(messaging, **OPEN)
    page = await browser.open_signed_in(client_person, address(conversation))
    notice = soup(page).select_one(NOTICE)
    assert notice
    assert notice.has_attr("hidden")
    assert "office-hours" in page.text
    assert (notice["data-closes"], notice["data-opens"]) == ("2026-03-30T21:00:00+00:00", "2026-03-31T13:00:00+00:00")


@pytest.mark.parametrize(
    "told",
    [
        {"open": None, "closes_at": None, "opens_at": None, "answers": None},
        {"open": True, "closes_at": None, "opens_at": None, "answers": None},
    ],
)
async def test_of_hours_that_nobody_entered_and_of_those_that_never_end_nothing_is_said(
    *, browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging, told: Any
) -> None:
    tell(messaging, **told)
    page = await browser.open_signed_in(client_person, address(conversation))
    assert soup(page).select(NOTICE) == []
    assert "office-hours" not in page.text


async def test_closed_for_good_it_names_no_day(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    tell(messaging, **{**CLOSED, "opens_at": None})
    page = await browser.open_signed_in(client_person, address(conversation))
    assert "The practice is closed now. You can send your message" in words(page)


async def test_a_therapist_is_told_nothing_and_nothing_is_asked_for_them(
    browser: Browser, therapist: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    tell(messaging, **CLOSED)
    assert soup(await browser.open_signed_in(therapist, address(conversation))).select(NOTICE) == []
    assert not any("availability" in path for path in messaging.called())


@pytest.mark.parametrize("status", [403, 404, 503])
async def test_where_it_is_not_told_the_page_is_there_all_the_same(
    *,
    browser: Browser,
    client_person: Person,
    conversation: FakeConversation,
    messaging: FakeMessaging,
    status: int,
) -> None:
    messaging.answers["GET", f"conversations/{conversation.id}/availability"] = problem(status, "x")
    page = await browser.open_signed_in(client_person, address(conversation))
    assert page.status_code == 200
    assert "How was the week?" in words(page)
    assert soup(page).select(NOTICE) == []


async def test_how_soon_answers_came_is_said_where_people_read_that_nobody_is_there_around_the_clock(
    browser: Browser, client_person: Person, therapist: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    tell(messaging, **{**OPEN, "answers": {"half_within": 2, "nine_in_ten_within": 24, "weeks": 8}})
    page = await browser.open_signed_in(client_person, address(conversation))
    said = f"{therapist.name} answered within 2 hours half of the time, and within a day nine times in ten."
    assert f"Over the last 8 weeks, {said}" in words(page)


def said(half: int | None, most: int | None) -> str:
    return answered_so_far(Answers(half_within=half, nine_in_ten_within=most, weeks=8), "Ida")


def test_each_figure_has_its_words() -> None:
    with speaking("en"):
        assert said(4, 4) == "Over the last 8 weeks, Ida answered within 4 hours nine times in ten."
        assert said(1, None).endswith("within an hour half of the time; some answers took longer than a week.")
        assert said(None, None) == "Over the last 8 weeks, answers of Ida often took longer than a week."
        assert [*map(within, (1, 8, 24, 72, 168))] == ["an hour", "8 hours", "a day", "3 days", "a week"]


@pytest.fixture
def _in_spanish() -> Iterator[None]:
    with speaking("es"):
        yield


@pytest.mark.usefixtures("_in_spanish")
def test_and_in_spanish() -> None:
    assert said(2, 48).endswith(
        "Ida respondi\u00f3 la mitad de las veces en 2 horas o menos, "
        "y nueve de cada diez veces en 2 d\u00edas o menos."
    )
