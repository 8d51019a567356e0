"""The conversation of a care team on its pages: who is in it, who reads what, who wrote each message."""

from datetime import UTC, datetime, timedelta

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_messaging import MORNING, FakeConversation, FakeMessaging


@pytest.fixture
def second() -> Person:
    return Person(Role.therapist, "Dr Second Therapist")


@pytest.fixture
def team(messaging: FakeMessaging, client_person: Person, therapist: Person, second: Person) -> FakeConversation:
    found = messaging.open(client_person, therapist)
    found.others = [second]
    messaging.write(found, client_person, "To all of you", sent_at=MORNING)
    messaging.write(found, second, "Thank you", sent_at=MORNING + timedelta(hours=1))
    return found


def address(conversation: FakeConversation) -> str:
    return f"/conversations/{conversation.id}"


async def test_each_message_says_who_wrote_it(
    browser: Browser, team: FakeConversation, client_person: Person, second: Person
) -> None:
    page = await browser.open_signed_in(client_person, address(team))
    writers = [head.get_text(" ").split(" 0")[0].split(" 1")[0].strip() for head in soup(page).select(".message-head")]
    assert writers == ["You", second.name]
    assert soup(page).select_one("h1").get_text().strip() == "Your care team"  # type: ignore[union-attr]  # it is there


async def test_the_client_reads_who_is_in_it_and_who_reads_what(
    browser: Browser, team: FakeConversation, client_person: Person, therapist: Person, second: Person
) -> None:
    page = await browser.open_signed_in(client_person, address(team))
    told = " ".join(soup(page).select_one("#team").get_text(" ").split())  # type: ignore[union-attr]  # it is there
    assert f"is in this conversation: {therapist.name}, {second.name}." in told
    assert "Whoever joins later does not read what was written before." in told
    assert "use your conversation with them" in told


async def test_a_therapist_reads_it_too(
    browser: Browser, team: FakeConversation, client_person: Person, therapist: Person
) -> None:
    page = await browser.open_signed_in(therapist, address(team))
    assert f"The care team of {client_person.name}" in words(page)
    told = soup(page).select_one("#team").get_text(" ")  # type: ignore[union-attr]  # it is there
    assert "Write only what all of them, and the client, may read." in told
    link = soup(page).select_one(f'main a[href="/clients/{client_person.id}"]')
    assert link is not None
    assert client_person.name in link.get_text()


async def test_the_list_tells_it_from_the_conversation_of_two(  # fixtures
    *,
    browser: Browser,
    other_browser: Browser,
    messaging: FakeMessaging,
    team: FakeConversation,
    client_person: Person,
    therapist: Person,
    second: Person,
) -> None:
    own = messaging.open(client_person, therapist)
    page = await browser.open_signed_in(client_person, "/messages")
    rows = {str(row["id"]): " ".join(row.get_text(" ").split()) for row in soup(page).select("main li.row")}
    assert rows[f"conversation-{team.id}"].startswith(f"Your care team {therapist.name}, {second.name}")
    assert rows[f"conversation-{own.id}"].startswith(f"{therapist.name} nothing written yet")
    page = await other_browser.open_signed_in(therapist, "/messages")
    assert f"The care team of {client_person.name}" in words(page)
    answer = await other_browser.get(f"/messages?client={client_person.id}")
    assert answer.headers["location"] == f"{address(own)}#write"  # writing to one's client is writing to them alone


async def test_lines_say_who_joined_and_left(
    browser: Browser, other_browser: Browser, team: FakeConversation, client_person: Person, second: Person
) -> None:
    team.joins(second, 0, MORNING - timedelta(days=1))
    team.joins(second, 1, MORNING + timedelta(minutes=30), leaves=True)
    page = await browser.open_signed_in(client_person, address(team))
    told = [line.get_text() for line in soup(page).select(".messages .told")]
    assert f"{second.name} joined the care team, and reads what is written here from then on." in told[0]
    assert f"{second.name} left the care team." in told[1]
    page = await other_browser.open_signed_in(second, address(team))
    told = [line.get_text() for line in soup(page).select(".messages .told")]
    assert "you joined the care team. You read what is written here from then on." in told[0]
    assert "you left the care team." in told[1]


async def test_who_stands_in_and_is_in_it_is_not_said_to_read_nothing(
    browser: Browser, team: FakeConversation, client_person: Person, therapist: Person, second: Person
) -> None:
    team.cover(second.name, 2, MORNING, MORNING + timedelta(days=1))
    team.covers[0] |= {
        "covering": {"id": str(second.id), "name": second.name},
        "covered": {"id": str(therapist.id), "name": therapist.name},
    }
    page = await browser.open_signed_in(client_person, address(team))
    told = soup(page).select_one(".messages .told").get_text()  # type: ignore[union-attr]  # it is there
    assert f"{second.name} stands in for {therapist.name} from" in told
    assert "does not read" not in told


async def test_an_open_page_learns_who_is_in_it_now(
    *,
    browser: Browser,
    team: FakeConversation,
    messaging: FakeMessaging,
    client_person: Person,
    therapist: Person,
    second: Person,
) -> None:
    own = messaging.open(client_person, therapist)
    await browser.sign_in(client_person)
    part = soup(await browser.fragment(f"{address(team)}?after=2")).select("#team")
    assert [second.name in one.get_text() for one in part] == [True]
    for other in (f"{address(own)}?after=0", f"{address(team)}?before=2"):
        assert soup(await browser.fragment(other)).select("#team") == []


async def test_who_stood_in_and_left_later_is_not_said_to_have_read_nothing(
    browser: Browser, team: FakeConversation, client_person: Person, second: Person
) -> None:
    team.cover(second.name, 2, MORNING, MORNING + timedelta(days=1))
    team.covers[0]["covering"] = {"id": str(second.id), "name": second.name}
    team.covers[0]["covered"] = {"id": str(team.therapist.id), "name": team.therapist.name}
    team.others, team.left = [Person(Role.therapist, "Dr Third")], [second]
    page = await browser.open_signed_in(client_person, address(team))
    told = soup(page).select_one(".messages .told").get_text()  # type: ignore[union-attr]  # it is there
    assert f"{second.name} stands in for" in told
    assert "does not read" not in told


async def test_closed_by_the_practice_it_says_so(
    browser: Browser, team: FakeConversation, client_person: Person
) -> None:
    team.switched_off = True
    page = await browser.open_signed_in(client_person, address(team))
    assert "the practice has no conversations of care teams any more" in words(page)
    assert soup(page).select_one("form[data-send]") is None
    assert "To all of you" in words(page)


async def test_whoever_left_reads_that_they_did(
    browser: Browser, other_browser: Browser, team: FakeConversation, client_person: Person, second: Person
) -> None:
    team.closed_at = datetime.now(UTC)
    page = await browser.open_signed_in(second, address(team))
    assert "You left this care team on" in words(page)
    assert soup(page).select("#team") == []  # nor who is in it now
    page = await other_browser.open_signed_in(client_person, address(team))
    assert soup(page).select("#team")
    assert "because the care it belonged to ended on" in words(page)


async def test_where_nothing_earlier_is_theirs_there_is_no_way_to_it(
    browser: Browser, team: FakeConversation, second: Person, messaging: FakeMessaging
) -> None:
    """Numbers begin later for whoever joined later."""
    team.first_read = 2
    del team.messages[0]
    messaging.write(team, team.therapist, "Welcome")
    page = await browser.open_signed_in(second, address(team))
    assert "Show earlier messages" not in words(page)


async def test_what_was_found_says_who_wrote_it_and_where(
    browser: Browser, team: FakeConversation, client_person: Person, second: Person
) -> None:
    await browser.open_signed_in(client_person, address(team))
    page = words(await browser.post("/messages/search", {"q": "thank"}))
    assert f"{second.name} to your care team" in page
    page = words(await browser.post("/messages/search", {"q": "all of you"}))
    assert "You to your care team" in page


async def test_it_waits_for_an_answer_by_name(browser: Browser, team: FakeConversation, therapist: Person) -> None:
    del team.messages[1]
    page = await browser.open_signed_in(therapist, "/messages")
    row = soup(page).select_one(f"#waiting-{team.id}")
    assert row is not None
    assert "to the care team" in row.get_text()


@pytest.mark.usefixtures("in_spanish")
async def test_in_spanish(browser: Browser, team: FakeConversation, client_person: Person, second: Person) -> None:
    team.joins(second, 0, MORNING - timedelta(days=1))
    page = words(await browser.open_signed_in(client_person, address(team)))
    for said in ("Su equipo", "todas las personas que le atienden", "empezó a formar parte del equipo"):
        assert said in page
