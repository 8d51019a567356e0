"""The browser's stream: what comes, once; what was missed; and when it must end."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from afterglow_design.testing.page_lint import lint_fragment
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person
from afterglow_web.live import following, routes
from afterglow_web.live.hub import Hub
from afterglow_web.session.models import WebSession, now
from bs4 import BeautifulSoup
from fastapi import FastAPI
from sqlalchemy import select, text, update
from sqlmodel import col

from tests.web.browser import Browser
from tests.web.fake_auth import FakeAuth
from tests.web.fake_messaging import FakeConversation, FakeMessaging, problem
from tests.web.live.conftest import Open
from tests.web.live.streaming import EventSource


async def change(database: Database, person: Person, **values: object) -> None:
    async with database.sessions() as session, session.begin():
        await session.execute(update(WebSession).where(col(WebSession.person_id) == person.id).values(**values))


async def announce(database: Database, **payload: str) -> None:
    async with database.sessions() as session, session.begin():
        await session.execute(text("SELECT pg_notify('live', :payload)"), {"payload": json.dumps(payload)})


async def test_it_begins_with_what_waits_and_where_it_stands(
    live_app: FastAPI, signed_in: Browser, conversation: FakeConversation
) -> None:
    source = EventSource(live_app, signed_in.cookie)
    start = await source.begun()
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert start["status"] == 200
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["cache-control"] == "no-store"
    first = await source.next()
    assert (first.name, first.id) == ("unread", "1")
    waiting = {"id": str(conversation.id), "client_id": str(conversation.client.id), "unread": 1}
    assert first.data == {"total": 1, "conversations": [waiting], "covers_as_of": None}
    await source.close()


async def test_a_message_comes_as_the_page_shows_it(
    open_stream: Open, conversation: FakeConversation, messaging: FakeMessaging, therapist: Person
) -> None:
    source = await open_stream()
    await source.next()
    sent = messaging.write(
        conversation, therapist, "Rest <b>well</b>", sent_at=datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    )
    event = await source.next()
    assert (event.name, event.id) == ("message", "2")
    html = event.data.pop("html")
    assert event.data == {"conversation": str(conversation.id), "id": sent["id"], "sequence": 2}
    assert lint_fragment(html) == []
    day, message = BeautifulSoup(html, "html.parser").select("li")
    assert day.get_text() == "Tuesday, 2 June 2026"  # in London, where the person is
    assert message["id"] == f"message-{sent['id']}"
    said = f"{therapist.name} 00:30 Rest <b>well</b>"
    assert " ".join(message.get_text(" ").split()) == f"{said} Reply to the message of Tue 2 Jun, 00:30"
    counts = await source.next()
    assert (counts.name, counts.data["total"]) == ("unread", 2)


async def test_a_message_comes_in_the_readers_language_and_the_next_one_in_their_new_one(
    *, open_stream: Open, conversation: FakeConversation, messaging: FakeMessaging, person: Person,
    committed_superuser: Database,
) -> None:  # fmt: skip
    await change(committed_superuser, person, locale="es")
    source = await open_stream()
    await source.next()
    when = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    for language, day, own in (("en", "martes, 2 de junio de 2026", "Usted"), ("es", "Tuesday, 2 June 2026", "You")):
        messaging.write(conversation, person, "Hola", sent_at=when)
        html = (await source.next()).data["html"]
        assert BeautifulSoup(html, "html.parser").li.get_text() == day  # type: ignore[union-attr]  # it is there
        assert f"<strong>{own}</strong>" in html
        await change(committed_superuser, person, locale=language)


async def test_ones_own_message_comes_too_and_waits_for_nobody(
    open_stream: Open, conversation: FakeConversation, messaging: FakeMessaging, person: Person
) -> None:
    """Other devices show it; the count is not asked for, because it cannot have changed."""
    source = await open_stream()
    await source.next()
    asked = messaging.called().count("unread")
    messaging.write(conversation, person, "A walk by the canal")
    event = await source.next()
    assert "message-own" in event.data["html"]
    assert "You" in event.data["html"]
    assert messaging.called().count("unread") == asked


async def test_a_correction_and_a_withdrawal_come_as_the_message_they_change(
    open_stream: Open, conversation: FakeConversation, messaging: FakeMessaging, therapist: Person
) -> None:
    message = messaging.write(conversation, therapist, "Tusday")
    source = await open_stream()
    assert (await source.next()).data["total"] == 2
    messaging.correct(conversation, message, "Tuesday")
    corrected, unread = await source.next(), await source.next()
    assert (corrected.data["id"], corrected.data["sequence"]) == (message["id"], 2)
    row = BeautifulSoup(corrected.data["html"], "html.parser").select_one(".message")
    assert row is not None
    assert (row["data-state"], "Tuesday" in row.get_text(), "corrected " in row.get_text()) == ("1", True, True)
    assert unread.data["total"] == 2
    messaging.withdraw(conversation, message)
    withdrawn, unread = await source.next(), await source.next()
    row = BeautifulSoup(withdrawn.data["html"], "html.parser").select_one(".message")
    assert row is not None
    assert (row["data-state"], "Tuesday" in row.get_text()) == ("withdrawn", False)
    assert f"withdrawn by {therapist.name}, " in row.get_text()
    assert unread.data["total"] == 1


async def test_what_changed_during_a_break_comes_after_it(
    open_stream: Open, conversation: FakeConversation, messaging: FakeMessaging
) -> None:
    source = await open_stream()
    here = (await source.next()).id
    await source.close()
    messaging.withdraw(conversation, conversation.messages[0])
    back = await open_stream(**{"last-event-id": here or ""})
    event = await back.next()
    assert (event.name, event.data["sequence"]) == ("message", 1)
    assert "withdrawn by" in event.data["html"]


async def test_what_was_read_elsewhere_is_counted_anew(
    open_stream: Open, signed_in: Browser, conversation: FakeConversation
) -> None:
    source = await open_stream()
    assert (await source.next()).data["total"] == 1
    await signed_in.put(f"/conversations/{conversation.id}/read-mark", json={"sequence": 1})
    assert (await source.next()).data == {"total": 0, "conversations": [], "covers_as_of": None}


async def test_nobody_else_hears_it(
    open_stream: Open, other_client: Person, therapist: Person, messaging: FakeMessaging
) -> None:
    source = await open_stream()
    await source.next()
    asked = len(messaging.requests)
    foreign = messaging.open(other_client, therapist, "For somebody else")
    messaging.write(foreign, therapist, "And more")
    await asyncio.sleep(0.1)
    assert source.events.empty()
    assert len(messaging.requests) == asked


@pytest.mark.parametrize(("address", "headers"), [("/live?after=1", {}), ("/live?after=0", {"last-event-id": "1"})])
async def test_what_was_missed_comes_once(
    *,
    open_stream: Open,
    conversation: FakeConversation,
    messaging: FakeMessaging,
    therapist: Person,
    address: str,
    headers: dict[str, str],
) -> None:
    messaging.write(conversation, therapist, "Missed one")
    messaging.write(conversation, therapist, "Missed two")
    source = await open_stream(address, **headers)
    first, second, counts = [await source.next() for _ in range(3)]
    assert [("Missed one" in first.data["html"], first.id), ("Missed two" in second.data["html"], second.id)] == [
        (True, None),
        (True, "3"),
    ]
    assert counts.name == "unread"
    assert source.events.empty()


@pytest.mark.parametrize("cursor", ["none-of-ours", "99"])
async def test_a_cursor_of_which_nothing_is_known(
    open_stream: Open, conversation: FakeConversation, cursor: str
) -> None:
    source = await open_stream(f"/live?after={cursor}")
    assert [(event.name, event.id) for event in (await source.next(), await source.next())] == [
        ("reset", None),
        ("unread", "1"),
    ]
    assert conversation.messages


async def test_more_than_one_page_of_updates(
    open_stream: Open, conversation: FakeConversation, messaging: FakeMessaging, therapist: Person
) -> None:
    messaging.most = 2
    for number in range(5):
        messaging.write(conversation, therapist, f"Number {number}")
    source = await open_stream("/live?after=1")
    found = [(await source.until("message")).data["sequence"] for _ in range(5)]
    assert found == [2, 3, 4, 5, 6]


async def test_several_streams_of_one_person(
    open_stream: Open, conversation: FakeConversation, messaging: FakeMessaging, therapist: Person
) -> None:
    sources = [await open_stream() for _ in range(3)]
    for source in sources:
        await source.next()
    messaging.write(conversation, therapist, "To all of them")
    assert [(await source.until("message")).data["sequence"] for source in sources] == [2, 2, 2]


async def test_after_a_gap_everybody_looks(
    open_stream: Open, conversation: FakeConversation, messaging: FakeMessaging, therapist: Person
) -> None:
    source = await open_stream()
    await source.next()
    messaging.cut()
    messaging.write(conversation, therapist, "Written in the gap")
    assert "Written in the gap" in (await source.until("message")).data["html"]


async def test_messaging_in_trouble_is_asked_again(
    open_stream: Open,
    conversation: FakeConversation,
    messaging: FakeMessaging,
    therapist: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(following, "TRY_AGAIN", 0.05)
    source = await open_stream()
    await source.next()
    messaging.answers["GET", "updates"] = problem(503, "unavailable")
    messaging.write(conversation, therapist, "Late but not lost")
    assert (await source.next()).name == "still-here"
    messaging.answers.clear()
    assert "Late but not lost" in (await source.until("message")).data["html"]


async def test_a_token_that_ran_out_is_renewed(
    *,
    open_stream: Open,
    conversation: FakeConversation,
    messaging: FakeMessaging,
    therapist: Person,
    person: Person,
    auth: FakeAuth,
    committed_superuser: Database,
) -> None:
    source = await open_stream()
    await source.next()
    await change(committed_superuser, person, access_expires_at=now())
    messaging.write(conversation, therapist, "Still connected")
    assert "Still connected" in (await source.until("message")).data["html"]
    assert [form["grant_type"] for form in auth.requests].count("refresh_token") == 1


async def test_a_refused_refresh_is_the_end(
    *,
    open_stream: Open,
    conversation: FakeConversation,
    messaging: FakeMessaging,
    therapist: Person,
    person: Person,
    auth: FakeAuth,
    committed_superuser: Database,
) -> None:
    source = await open_stream()
    await source.next()
    await change(committed_superuser, person, access_expires_at=now())
    auth.refresh_tokens.clear()
    messaging.write(conversation, therapist, "Not for this browser")
    assert (await source.next()).name == "over"
    await source.ended()


@pytest.mark.parametrize("status", [401, 403])
async def test_messaging_refuses_the_person(
    open_stream: Open, conversation: FakeConversation, messaging: FakeMessaging, therapist: Person, status: int
) -> None:
    source = await open_stream()
    await source.next()
    messaging.answers["GET", "updates"] = problem(status, "revoked")
    messaging.write(conversation, therapist, "Not for this browser")
    assert (await source.next()).name == "over"
    await source.ended()


async def test_sign_out_in_another_tab(open_stream: Open, signed_in: Browser, live_app: FastAPI) -> None:
    source = await open_stream()
    await source.next()
    await signed_in.get("/help")
    await signed_in.post("/sign-out")
    await source.ended(within=3.0)
    assert (await source.next()).name == "over"
    assert not live_app.state.hub.people


@pytest.mark.parametrize("by", ["person", "session at auth"])
async def test_what_is_revoked_ends_at_once(
    open_stream: Open, person: Person, committed_superuser: Database, by: str
) -> None:
    """As the receiver of security events announces it in this database, from whichever process."""
    source = await open_stream()
    await source.next()
    await announce(committed_superuser, revoked_person=str(new_id()))
    await announce(committed_superuser, revoked_session=str(new_id()))
    await announce(committed_superuser, nonsense="x")
    await asyncio.sleep(0.2)
    assert source.events.empty()
    if by == "person":
        await announce(committed_superuser, revoked_person=str(person.id))
    else:
        await announce(committed_superuser, revoked_session=str(person.session_id))
    await source.ended(within=3.0)
    assert (await source.next()).name == "over"


async def test_a_wait_is_no_activity(
    open_stream: Open,
    signed_in: Browser,
    person: Person,
    committed_superuser: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither an open stream nor what a page asks by itself moves the time of the last look."""
    monkeypatch.setattr(following, "HEARTBEAT", 0.05)
    rested = now() - timedelta(hours=11)
    await change(committed_superuser, person, last_seen_at=rested)
    source = await open_stream()
    assert (await source.until("still-here")).data == {}
    await signed_in.get("/messages", hx_request="true", **{"afterglow-unattended": "true"})
    async with committed_superuser.sessions() as session:
        query = select(WebSession).where(col(WebSession.person_id) == person.id)
        assert (await session.execute(query)).scalar_one().last_seen_at == rested
    monkeypatch.setattr(type(source_settings(signed_in)), "idle_limit", lambda *_: timedelta(hours=11))
    assert (await source.until("over")).data == {}
    await source.ended()


def source_settings(browser: Browser) -> object:
    transport = browser.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    return transport.app.state.settings  # type: ignore[attr-defined]  # the app is FastAPI's


async def test_somebody_who_is_active_in_another_tab_keeps_the_stream(
    open_stream: Open, person: Person, committed_superuser: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the stream knew at its beginning would be over by now; the row says that it is not."""
    monkeypatch.setattr(following, "HEARTBEAT", 0.05)
    await change(committed_superuser, person, last_seen_at=now() - timedelta(hours=12) + timedelta(seconds=1))
    source = await open_stream()
    await source.next()
    await change(committed_superuser, person, last_seen_at=now())
    await asyncio.sleep(1.2)
    assert {source.events.get_nowait().name for _ in range(source.events.qsize())} <= {"still-here", "unread"}
    assert not source.task.done()


async def test_the_absolute_end_of_a_session(
    open_stream: Open, person: Person, committed_superuser: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "HEARTBEAT", 0.05)
    await change(committed_superuser, person, expires_at=now() + timedelta(seconds=0.3))
    source = await open_stream()
    assert (await source.until("over")).data == {}
    await source.ended()


async def test_a_process_that_ends_lets_browsers_come_back(open_stream: Open, live_app: FastAPI) -> None:
    source = await open_stream()
    await source.next()
    hub: Hub = live_app.state.hub
    hub.close()
    await source.ended()
    assert source.events.empty()  # no `over`: the browser comes back to whoever answers then


async def test_who_leaves_is_forgotten(open_stream: Open, live_app: FastAPI) -> None:
    source = await open_stream()
    await source.next()
    assert len(live_app.state.hub.everyone()) == 1
    await source.close()
    assert live_app.state.hub.people == {}


async def test_who_may_open_one(
    live_app: FastAPI, auth: FakeAuth, admin: Person, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses = []
    browser = Browser(live_app, auth)
    await browser.open_signed_in(admin)
    for cookie in (None, "unknown", browser.cookie):
        source = EventSource(live_app, cookie)
        statuses.append((await source.begun())["status"])
        await source.close()
    monkeypatch.setattr(routes, "MOST", 0)
    source = EventSource(live_app, signed_in.cookie)
    statuses.append((await source.begun())["status"])
    await source.close()
    assert statuses == [401, 401, 403, 429]
