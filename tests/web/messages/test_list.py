"""The list of conversations, for a client who mostly has one and a therapist who has many."""

from datetime import UTC, datetime, timedelta

from afterglow_foundation.callers import Role
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_messaging import MORNING, FakeMessaging


async def test_a_client_is_led_into_the_only_conversation(
    browser: Browser, client_person: Person, therapist: Person, messaging: FakeMessaging
) -> None:
    found = messaging.open(client_person, therapist, "Good morning")
    await browser.sign_in(client_person)
    answer = await browser.get("/messages")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/conversations/{found.id}#write")
    page = soup(await browser.get(f"/conversations/{found.id}"))
    assert page.select_one('main a[href="/notices"]') is not None  # the list, which they never see, leads there too


async def test_a_client_with_two_conversations_chooses(
    browser: Browser, client_person: Person, therapist: Person, other_therapist: Person, messaging: FakeMessaging
) -> None:
    earlier = messaging.open(client_person, other_therapist, "All the best")
    earlier.closed_at = datetime.now(UTC)
    messaging.open(client_person, therapist)
    page = await browser.open_signed_in(client_person, "/messages")
    first, second = soup(page).select("main li")
    assert other_therapist.name in first.get_text()
    assert "1 new" in first.get_text()
    assert therapist.name in second.get_text()
    assert "nothing written yet" in second.get_text()


async def test_nobody_to_write_to_yet(browser: Browser, other_browser: Browser, client_person: Person) -> None:
    page = await browser.open_signed_in(client_person, "/messages")
    assert "As soon as the practice says who your therapist is" in words(page)
    page = await other_browser.open_signed_in(Person(Role.therapist, "New Here"), "/messages")
    assert "A conversation opens by itself" in words(page)


async def test_what_waits_comes_first(browser: Browser, therapist: Person, messaging: FakeMessaging) -> None:
    clients = [Person(Role.client, name) for name in ("Read Long Ago", "Read Today", "Waiting", "Closed", "Silent")]
    opened = [messaging.open(client, therapist) for client in clients]
    for conversation, hours in zip(opened[:4], (1, 9, 2, 10), strict=True):
        messaging.write(conversation, conversation.client, "Hello", sent_at=MORNING + timedelta(hours=hours))
        conversation.marks[therapist.id] = 1
    opened[2].marks.clear()
    opened[3].closed_at = datetime.now(UTC)
    page = await browser.open_signed_in(therapist, "/messages")
    rows = [" ".join(row.get_text(" ").split()) for row in soup(page).select("main [id^=conversation-]")]
    assert [row.split(" Sun")[0].split(" nothing")[0] for row in rows] == [
        "Waiting",
        "Read Today",
        "Read Long Ago",
        "Silent",
        "Closed",
    ]
    assert rows[0].endswith("1 new")
    assert "Sun 29 Mar, 11:05" in rows[0]  # 10:05 UTC on the first day of summer time in London
    assert rows[4].endswith("closed")
    assert "Hello" not in words(page)


async def test_all_pages_of_a_long_list(browser: Browser, therapist: Person, messaging: FakeMessaging) -> None:
    for number in range(130):
        messaging.open(Person(Role.client, f"Client {number}"), therapist)
    page = await browser.open_signed_in(therapist, "/messages")
    assert len(soup(page).select("main li")) == 130


async def test_a_therapist_comes_from_the_client(
    browser: Browser, client_person: Person, other_client: Person, therapist: Person, messaging: FakeMessaging
) -> None:
    messaging.open(other_client, therapist)
    found = messaging.open(client_person, therapist)
    await browser.sign_in(therapist)
    answer = await browser.get(f"/messages?client={client_person.id}")
    assert answer.headers["location"] == f"/conversations/{found.id}#write"
    assert (await browser.get(f"/messages?client={therapist.id}")).status_code == 200
    assert (await browser.get("/messages")).status_code == 200


async def test_the_list_alone(browser: Browser, therapist: Person, client_person: Person, messaging: FakeMessaging):
    messaging.open(client_person, therapist)
    await browser.sign_in(therapist)
    answer = await browser.fragment("/messages")
    assert "<html" not in answer.text
    assert client_person.name in answer.text
