"""A message for later: chosen in the form of its conversation, listed there, changed and taken back until then."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person
from afterglow_web.scheduled.forms import as_typed, instant, tomorrow

from tests.web.browser import Browser, soup, words
from tests.web.fake_messaging import FakeConversation, FakeMessaging
from tests.web.fake_portal import VOCABULARY, FakePortal, problem

TOLD = "check-ins/vocabulary"
ZONE = "Europe/London"  # where people of these tests are


@pytest.fixture
def conversation(messaging: FakeMessaging, client_person: Person, therapist: Person) -> FakeConversation:
    return messaging.open(client_person, therapist, "Hello")


def address(conversation: FakeConversation) -> str:
    return f"/conversations/{conversation.id}"


def fields(**changes: str) -> dict[str, str]:
    return {"id": str(new_id()), "text": "Good\r\nmorning", "send_at": tomorrow(ZONE)} | changes


async def schedule(browser: Browser, conversation: FakeConversation, **changes: str) -> dict[str, str]:
    sent = fields(**changes)
    answer = await browser.post(f"{address(conversation)}/later", sent)
    assert answer.headers["location"] == f"{address(conversation)}#later-{sent['id']}"
    return sent


@pytest.mark.parametrize("who", ["client", "therapist"])
async def test_it_waits_on_its_writers_page_alone(
    browser: Browser, messaging: FakeMessaging, conversation: FakeConversation, who: str
) -> None:
    writer = getattr(conversation, who)
    page = soup(await browser.open_signed_in(writer, address(conversation)))
    assert page.select("#send_at")[0]["value"] == tomorrow(ZONE)
    sent = await schedule(browser, conversation)
    [kept] = messaging.scheduled.values()
    moment = datetime.fromisoformat(kept["send_at"])
    assert (kept["text"], moment.astimezone(ZoneInfo(ZONE)).hour) == ("Good\nmorning", 9)
    assert len(conversation.messages) == 1
    page = soup(await browser.get(address(conversation)))
    assert page.select(f"#later #later-{sent['id']}")
    assert "Goes out" in words(await browser.get(address(conversation)))


async def test_the_other_one_sees_nothing_of_it(
    browser: Browser, messaging: FakeMessaging, conversation: FakeConversation
) -> None:
    other = {"id": str(new_id()), "conversation_id": str(conversation.id), "version": 0, "refusal": None}
    send_at = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    sender = str(conversation.therapist.id)
    messaging.scheduled[other["id"]] = other | {"sender_id": sender, "text": "Hello", "send_at": send_at}  # type: ignore[index]  # it is a string
    page = soup(await browser.open_signed_in(conversation.client, address(conversation)))
    assert not page.select("#later")
    assert (await browser.get(f"{address(conversation)}/later/{other['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("changes", "href"),
    [
        ({"text": " "}, "#text"),
        ({"send_at": ""}, "#send_at"),
        ({"send_at": "soon"}, "#send_at"),
        ({"send_at": "2020-01-01T09:00"}, "#send_at"),
        ({"send_at": "2030-01-01T09:00+02:00"}, "#send_at"),
    ],
)
async def test_what_cannot_be_is_named_and_nothing_typed_is_lost(
    *,
    browser: Browser,
    messaging: FakeMessaging,
    conversation: FakeConversation,
    changes: dict[str, str],
    href: str,
) -> None:
    await browser.open_signed_in(conversation.client, address(conversation))
    sent = fields(**changes)
    page = await browser.post(f"{address(conversation)}/later", sent)
    assert page.status_code == 422
    shown = soup(page)
    assert [link["href"] for link in shown.select(".error-summary a")] == [href]
    assert shown.select("#text")[0].get_text().split() == sent["text"].split()
    assert shown.select("#send_at")[0].get("value", "") == sent["send_at"]
    assert messaging.scheduled == {}


@pytest.mark.parametrize("trouble", ["full", "away", "closed"])
async def test_what_is_refused_keeps_the_words(
    browser: Browser, messaging: FakeMessaging, conversation: FakeConversation, trouble: str
) -> None:
    await browser.open_signed_in(conversation.client, address(conversation))
    messaging.most_scheduled = 0 if trouble == "full" else 20
    messaging.down = trouble == "away"
    conversation.closed_at = datetime.now(UTC) if trouble == "closed" else None
    page = await browser.post(f"{address(conversation)}/later", fields())
    assert page.status_code == {"full": 409, "away": 503, "closed": 403}[trouble]
    assert "Good" in words(page)
    assert "morning" in page.text


async def test_it_is_changed_and_taken_back(
    browser: Browser, messaging: FakeMessaging, conversation: FakeConversation
) -> None:
    await browser.open_signed_in(conversation.client, address(conversation))
    sent = await schedule(browser, conversation)
    path = f"{address(conversation)}/later/{sent['id']}"
    page = soup(await browser.get(path))
    values = {str(one["name"]): str(one.get("value", "")) for one in page.select("#change input[name]")}
    assert (values["replaces"], values["send_at"]) == ("0", sent["send_at"])
    later = as_typed(datetime.now(UTC) + timedelta(days=3), ZONE)
    change = {"text": "Good evening", "replaces": "0", "send_at": later}
    assert (await browser.post(path, change)).status_code == 303
    assert messaging.scheduled[sent["id"]]["text"] == "Good evening"
    late = await browser.post(path, change | {"text": "Other words"})
    assert (late.status_code, "another window" in words(late)) == (409, True)
    assert soup(late).select("input[name=replaces]")[0]["value"] == "1"
    assert (await browser.post(f"{path}/removal")).status_code == 303
    assert messaging.scheduled == {}


async def test_what_went_out_while_it_was_changed_leaves_the_new_words(
    browser: Browser, messaging: FakeMessaging, conversation: FakeConversation
) -> None:
    await browser.open_signed_in(conversation.client, address(conversation))
    sent = await schedule(browser, conversation)
    messaging.scheduled.clear()
    change = {"text": "Better words", "replaces": "0", "send_at": sent["send_at"]}
    page = await browser.post(f"{address(conversation)}/later/{sent['id']}", change)
    assert page.status_code == 409
    assert "gone out already" in words(page)
    assert "Better words" in page.text


@pytest.mark.parametrize("refusal", ["closed", "late", "sender"])
async def test_one_that_was_not_sent_says_why(
    browser: Browser, messaging: FakeMessaging, conversation: FakeConversation, refusal: str
) -> None:
    await browser.open_signed_in(conversation.client, address(conversation))
    sent = await schedule(browser, conversation)
    messaging.scheduled[sent["id"]]["refusal"] = refusal
    conversation.closed_at = datetime.now(UTC) if refusal == "closed" else None
    page = await browser.get(address(conversation))
    assert "Not sent:" in words(page)
    alone = await browser.get(f"{address(conversation)}/later/{sent['id']}")
    assert "morning" in alone.text
    assert bool(soup(alone).select("#change form")) == (refusal != "closed")


async def test_what_was_not_sent_stands_above_the_conversations_without_its_words(
    browser: Browser, messaging: FakeMessaging, conversation: FakeConversation, other_client: Person
) -> None:
    messaging.open(other_client, conversation.therapist)
    await browser.open_signed_in(conversation.therapist, address(conversation))
    sent = await schedule(browser, conversation)
    assert not soup(await browser.get("/messages")).select("#not-sent")
    messaging.scheduled[sent["id"]]["refusal"] = "late"
    page = soup(await browser.get("/messages"))
    [link] = page.select("#not-sent li a")
    assert (link["href"], link.get_text()) == (f"{address(conversation)}/later/{sent['id']}", conversation.client.name)
    assert "1 message that you wrote for later was not sent." in words(page)
    assert "morning" not in words(page)
    await browser.post(f"{link['href']}/removal", {})
    assert not soup(await browser.get("/messages")).select("#not-sent")


async def test_the_conversations_are_there_without_what_messaging_cannot_say(
    browser: Browser, messaging: FakeMessaging, conversation: FakeConversation
) -> None:
    messaging.answers["GET", "/api/messaging/scheduled-messages"] = problem(503, "unavailable")
    page = await browser.open_signed_in(conversation.therapist, "/messages")
    assert page.status_code == 200
    assert not soup(page).select("#not-sent")


@pytest.mark.parametrize("before_morning", [True, False])
async def test_after_a_dose_it_is_asked_once_more_only_of_what_goes_out_before_the_morning(
    *,
    browser: Browser,
    messaging: FakeMessaging,
    portal: FakePortal,
    conversation: FakeConversation,
    before_morning: bool,
) -> None:
    impaired = datetime.now(UTC) + timedelta(days=3 if before_morning else 0, minutes=1)
    told = {**VOCABULARY, "shared_again_at": impaired.isoformat()}
    portal.answers["GET", TOLD] = httpx.Response(200, json=told)
    await browser.open_signed_in(conversation.client, address(conversation))
    page = await browser.post(f"{address(conversation)}/later", fields())
    if not before_morning:
        assert (page.status_code, len(messaging.scheduled)) == (303, 1)
        return
    assert (page.status_code, messaging.scheduled) == (409, {})
    assert "You had a dose not long ago" in words(page)
    sure = {str(one["name"]): str(one.get("value", "")) for one in soup(page).select("#write input[type=hidden]")}
    assert sure["sure"] == "yes"
    assert soup(page).select("#send-later[open] #send_at")
    await browser.post(f"{address(conversation)}/later", fields(sure="yes"))
    assert len(messaging.scheduled) == 1


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2027-01-15T09:00", "2027-01-15T09:00:00+00:00"),
        ("2027-07-15T09:00", "2027-07-15T08:00:00+00:00"),
        ("2027-03-28T01:30", "2027-03-28T01:30:00+00:00"),  # an hour that the clock leaves out
        ("2027-10-31T01:30", "2027-10-31T00:30:00+00:00"),  # and one that it has twice
        ("", None),
        ("9 o'clock", None),
        ("2027-01-15T09:00Z", None),
    ],
)
def test_a_moment_is_of_the_persons_own_clock(typed: str, expected: str | None) -> None:
    found = instant(typed, ZONE)
    assert (found.isoformat() if found else None) == expected


async def test_in_a_foreign_conversation_there_is_nothing_but_the_words(
    browser: Browser, messaging: FakeMessaging, therapist: Person
) -> None:
    foreign = messaging.open(Person(Role.client, "Kim Lund"), Person(Role.therapist, "Ada Berg"))
    await browser.open_signed_in(therapist, "/messages")
    page = await browser.post(f"/conversations/{foreign.id}/later", fields())
    assert page.status_code == 404
    assert "morning" in page.text
    assert foreign.messages == []
