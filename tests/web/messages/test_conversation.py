"""One conversation as a page: who wrote what and when, what is new, and what to know before relying on it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_messaging import MORNING, FakeConversation, FakeMessaging, problem


@pytest.fixture
def conversation(messaging: FakeMessaging, client_person: Person, therapist: Person) -> FakeConversation:
    found = messaging.open(client_person, therapist)
    messaging.write(found, client_person, "I slept <b>badly</b>", sent_at=MORNING)
    messaging.write(found, therapist, "Thank you\n\nfor telling me", sent_at=MORNING + timedelta(hours=1))
    messaging.write(found, therapist, "And today?", sent_at=MORNING + timedelta(days=1, hours=15))
    return found


def address(conversation: FakeConversation) -> str:
    return f"/conversations/{conversation.id}"


async def test_who_wrote_and_when(
    browser: Browser, client_person: Person, therapist: Person, conversation: FakeConversation
) -> None:
    page = await browser.open_signed_in(client_person, address(conversation))
    shown = soup(page)
    for foot in shown.select(".message-foot"):
        foot.decompose()
    rows = [" ".join(row.get_text(" ").split()) for row in shown.select(".messages > li")]
    assert rows == [
        "Sunday, 29 March 2026",
        "You 09:05 I slept <b>badly</b>",
        f"{therapist.name} 10:05 Thank you for telling me",
        "Tuesday, 31 March 2026",  # 00:05 in London, where the person is
        f"{therapist.name} 00:05 And today?",
    ]
    assert [bool(row.select(".message-head")) for row in soup(page).select(".message-own")] == [True]
    assert therapist.name in soup(page).select("h1")[0].get_text()


async def test_the_other_side_of_it(
    browser: Browser, client_person: Person, therapist: Person, conversation: FakeConversation
) -> None:
    page = await browser.open_signed_in(therapist, address(conversation))
    assert len(soup(page).select(".message-own")) == 2
    assert client_person.name in words(page)
    assert "In an emergency a message reaches nobody in time." in words(page)


async def test_it_says_when_messages_are_read(
    browser: Browser, client_person: Person, conversation: FakeConversation
) -> None:
    page = await browser.open_signed_in(client_person, address(conversation))
    text = words(page)
    assert "Messages are read in the practice\N{RIGHT SINGLE QUOTATION MARK}s hours, not around the clock." in text
    assert "please do not write here: get help now" in text
    assert "In a crisis?" in text


async def test_opening_moves_the_read_mark(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    waiting = await browser.open_signed_in(client_person, "/help")
    assert "2 unread" in words(waiting)
    page = await browser.get(address(conversation))
    assert conversation.marks == {client_person.id: 3}
    assert "unread" not in navigation(page)
    await browser.get(address(conversation))
    assert messaging.called("PUT") == [f"conversations/{conversation.id}/read-mark"]


def navigation(page: object) -> str:
    """What the navigation shows; a hidden count does not."""
    nav = soup(page).select_one("nav")  # type: ignore[arg-type]  # an answer
    assert nav is not None
    for hidden in nav.select("[hidden]"):
        hidden.decompose()
    return " ".join(nav.get_text(" ").split())


async def test_a_mark_that_cannot_be_made_hinders_nobody(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    messaging.answers["PUT", f"conversations/{conversation.id}/read-mark"] = problem(503, "unavailable")
    page = await browser.open_signed_in(client_person, address(conversation))
    assert page.status_code == 200
    assert "2 unread" in navigation(page)


async def test_earlier_messages(
    browser: Browser, client_person: Person, therapist: Person, messaging: FakeMessaging
) -> None:
    found = messaging.open(client_person, therapist, *(f"Number {number}." for number in range(1, 71)))
    page = await browser.open_signed_in(client_person, address(found))
    assert "Number 41." in words(page)
    assert "Number 40." not in words(page)
    link = soup(page).find("a", string="Show earlier messages")
    assert link is not None
    earlier = await browser.get(str(link["href"]))  # type: ignore[index]  # a tag
    assert "Number 11." in words(earlier)
    assert "Number 41." not in words(earlier)
    assert not soup(earlier).select("#write, [data-conversation]")
    assert "Back to the newest messages" in words(earlier)
    part = await browser.fragment(str(link["href"]))  # type: ignore[index]  # a tag
    assert part.text.index("before=11") < part.text.index("Number 11.") < part.text.index("Number 40.")
    assert soup(part).select("[data-focus] .message-text")[0].get_text().split()[-1] == "40."
    last = await browser.get(f"{address(found)}?before=11")
    assert "Show earlier messages" not in words(last)
    assert "There is nothing before that" in words(await browser.get(f"{address(found)}?before=1"))


@pytest.mark.parametrize(("role", "whom"), [("client", "Imani"), ("therapist", "you")])
async def test_who_stands_in_is_a_line_at_its_place(
    *,
    browser: Browser,
    client_person: Person,
    therapist: Person,
    messaging: FakeMessaging,
    conversation: FakeConversation,
    role: str,
    whom: str,
) -> None:
    begins, ends = MORNING + timedelta(minutes=30), MORNING + timedelta(days=1)
    conversation.cover("Sam <i>Oak</i>", 1, begins, ends)
    conversation.cover("Sam <i>Oak</i>", 2, begins, ends, ends=True)
    conversation.next_cover_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    messaging.covers_as_of = "2026-03-29T08:00:00Z"
    person = client_person if role == "client" else therapist
    page = soup(await browser.open_signed_in(person, address(conversation)))
    covered = therapist.name if role == "client" else whom
    said = [" ".join(line.get_text().split()) for line in page.select(".told")]
    when = "from Sun 29 Mar, 09:35 to Mon 30 Mar, 09:05"
    assert said == [
        f"Sam <i>Oak</i> stands in for {covered} {when}, and does not read this conversation.",
        f"Mon 30 Mar, 09:05: Sam <i>Oak</i> no longer stands in for {covered}.",
    ]
    kinds = [(row["class"] or [""])[0] for row in page.select(".messages > li")]
    assert kinds == ["day", "message", "told", "message", "told", "day", "message"]
    shown = page.select_one("[data-conversation]")
    assert shown is not None
    assert shown["data-covers"] == "2026-03-29T08:00:00Z"
    assert 3590 <= int(str(shown["data-next-line"])) <= 3600
    part = await browser.fragment(f"{address(conversation)}?after=2")
    assert [line["data-after"] for line in soup(part).select(".told")] == ["2"]
    assert soup(part).select_one("template[data-next-line]") is not None


async def test_lines_alone_are_shown_and_still_nothing_was_written(
    browser: Browser, client_person: Person, therapist: Person, messaging: FakeMessaging
) -> None:
    found = messaging.open(client_person, therapist)
    found.cover("Sam Oak", 0, MORNING, MORNING + timedelta(days=1))
    page = soup(await browser.open_signed_in(client_person, address(found)))
    assert len(page.select(".messages:not([hidden]) > .told")) == 1
    assert page.select("[data-empty]")


async def test_what_an_open_page_missed(
    browser: Browser, client_person: Person, conversation: FakeConversation
) -> None:
    await browser.sign_in(client_person)
    part = await browser.fragment(f"{address(conversation)}?after=2")
    assert [row.get("data-sequence") for row in soup(part).select(".message")] == ["3"]
    assert soup(part).select(".day")[0]["data-day"] == "2026-03-31"
    assert (await browser.fragment(f"{address(conversation)}?after=3")).text.strip() == ""


async def test_the_page_says_where_live_updates_go_on(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    """The cursor is asked for before the messages: what comes in between comes again, and is known by its id."""
    page = await browser.open_signed_in(client_person, address(conversation))
    shown = soup(page).select_one("[data-conversation]")
    assert shown is not None
    assert (shown["data-conversation"], shown["data-cursor"]) == (str(conversation.id), "3")
    called = messaging.called()
    assert called.index("updates") < called.index(f"conversations/{conversation.id}/messages")
    messaging.answers["GET", "updates"] = problem(503, "unavailable")
    page = await browser.get(address(conversation))
    assert page.status_code == 200
    assert not soup(page).select("[data-cursor]")


async def test_empty(browser: Browser, client_person: Person, therapist: Person, messaging: FakeMessaging) -> None:
    page = await browser.open_signed_in(client_person, address(messaging.open(client_person, therapist)))
    assert "Nothing has been written here yet." in words(page)
    assert soup(page).select("#write form")
    assert messaging.called("PUT") == []


async def test_closed(browser: Browser, client_person: Person, conversation: FakeConversation) -> None:
    conversation.closed_at = datetime(2026, 4, 1, 12, tzinfo=UTC)
    page = await browser.open_signed_in(client_person, address(conversation))
    assert not soup(page).select("#write form, textarea")
    assert "This conversation is closed, because the care it belonged to ended on 1 April 2026." in words(page)
    assert "I slept" in words(page)


async def test_a_conversation_of_somebody_else(
    browser: Browser, other_client: Person, conversation: FakeConversation
) -> None:
    await browser.open_signed_in(other_client)
    for path in (address(conversation), f"{address(conversation)}?before=2", "/conversations/none"):
        answer = await browser.get(path)
        assert answer.status_code == 404
        assert "There is nothing here" in words(answer)


async def test_an_admin_reads_none(
    browser: Browser, admin: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    page = await browser.open_signed_in(admin)
    assert "Messages" not in navigation(page)
    assert "live" not in re.findall(r'src="[^"]*/([a-z]+)\.', page.text)
    for path in ("/messages", address(conversation)):
        assert (await browser.get(path)).status_code == 403
    assert messaging.requests == []


async def test_messaging_away(
    browser: Browser, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    await browser.open_signed_in(client_person)
    messaging.down = True
    for path in ("/messages", address(conversation)):
        answer = await browser.get(path)
        assert answer.status_code == 503
        assert "not available right now" in words(answer)


async def test_a_therapist_goes_on_to_what_the_client_shares_while_care_lives(
    browser: Browser, other_browser: Browser, client_person: Person, therapist: Person, conversation: FakeConversation
) -> None:
    record = f'main a[href="/clients/{client_person.id}"]'
    page = await browser.open_signed_in(therapist, address(conversation))
    assert [one.get_text() for one in soup(page).select(record)] == [f"What {client_person.name} shares with you"]
    assert not soup(await other_browser.open_signed_in(client_person, address(conversation))).select(record)
    conversation.closed_at = datetime(2026, 4, 1, 12, tzinfo=UTC)
    assert not soup(await browser.get(address(conversation))).select(record)


async def test_simple_markdown_is_shown_and_a_quote_has_the_words_alone(
    browser: Browser, therapist: Person, client_person: Person, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    text = "Two things:\n- **sleep**, <i>early</i>\n- https://a.example/walk"
    said = messaging.write(conversation, client_person, text)
    page = soup(await browser.open_signed_in(therapist, f"{address(conversation)}?reply={said['id']}"))
    (shown,) = page.select(f"#message-{said['id']} .message-text")
    assert [one.get_text() for one in shown.select("li")] == ["sleep, <i>early</i>", "https://a.example/walk"]
    assert [(one["href"], one["rel"]) for one in shown.select("a")] == [
        ("https://a.example/walk", ["noopener", "noreferrer", "nofollow"])
    ]
    (quoted,) = page.select("#write .quote-text")
    assert quoted.get_text() == "Two things: sleep, <i>early</i> https://a.example/walk"
