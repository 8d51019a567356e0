"""The demonstration's conversations: brief, in order, by day."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from afterglow_messaging.messages.schemas import MessageIn
from afterglow_operator.demonstration.conversations import (
    in_office_hours,
    messages_of,
    threads,
)
from afterglow_operator.demonstration.courses import course_of
from afterglow_operator.demonstration.doses import doses_of
from afterglow_operator.demonstration.journals import entries_of
from afterglow_operator.demonstration.messaging_desks import desks, having_desks
from afterglow_operator.demonstration.people import DemoPerson, clients, people, therapist_of
from afterglow_portal.visibility import Visibility
from afterglow_web.markdown import render_said
from afterglow_web.references.addresses import mentions

NOW = datetime(2026, 11, 22, 20, 15, tzinfo=UTC)


def pairs() -> list[tuple[DemoPerson, DemoPerson]]:
    return [(client, therapist) for client in clients() if (therapist := therapist_of(client))]


def test_every_pair_has_a_conversation_of_its_own():
    assert set(threads()) == {client.name for client, _ in pairs()}


@pytest.mark.parametrize(("client", "therapist"), pairs(), ids=lambda person: person.name)
def test_messages_are_in_order_between_the_two_and_in_the_past(client: DemoPerson, therapist: DemoPerson):
    messages = messages_of(client, therapist, NOW)

    assert 5 <= len(messages) <= 20
    assert {message.sender_id for message in messages} == {client.id, therapist.id}
    assert all(earlier.sent_at < later.sent_at for earlier, later in pairwise(messages))
    assert NOW - timedelta(days=121) < messages[0].sent_at
    assert messages[-1].sent_at <= NOW
    assert all(MessageIn(text=message.text).text == message.text for message in messages)


def test_the_same_moment_gives_the_same_messages():
    assert [messages_of(*pair, NOW) for pair in pairs()] == [messages_of(*pair, NOW) for pair in pairs()]


def test_therapists_answer_in_office_hours():
    for client, therapist in pairs():
        for message in messages_of(client, therapist, NOW):
            local = message.sent_at.astimezone(therapist.zone)
            assert message.sender_id == client.id or (local.weekday() < 5 and 9 <= local.hour < 17)


def test_nothing_of_the_conversation_has_been_written_before_it_began():
    client, therapist = pairs()[0]
    last = messages_of(client, therapist, NOW)[-1]

    assert last not in messages_of(client, therapist, last.sent_at - timedelta(seconds=1))


def test_threads_speak_of_doses_that_were_given():
    for client, _ in pairs():
        numbers = [thread.dose for thread in threads()[client.name] if thread.dose]
        assert all(1 <= number <= len(doses_of(client, NOW)) for number in numbers)


def test_they_show_a_correction_a_withdrawal_and_a_reply():
    messages = [message for pair in pairs() for message in messages_of(*pair, NOW)]
    (corrected,) = [message for message in messages if message.correction]
    (withdrawn,) = [message for message in messages if message.withdrawn_at]
    assert corrected.correction is not None
    assert withdrawn.withdrawn_at is not None
    assert timedelta(0) < corrected.correction.written_at - corrected.sent_at < timedelta(minutes=15)
    assert corrected.text != corrected.correction.text
    assert timedelta(0) < withdrawn.withdrawn_at - withdrawn.sent_at < timedelta(hours=24)
    assert [message.reply_to for message in messages if message.reply_to] == [corrected.id]


def test_they_show_lists_emphasis_and_an_address_that_is_nobodys():
    shown = [render_said(message.text) for pair in pairs() for message in messages_of(*pair, NOW)]
    for element in ("<ul>", "<ol>", "<strong>", "<em>"):
        assert any(element in html for html in shown), element
    linked = [found for html in shown for found in re.findall(r'href="([^"]+)"', html)]
    assert linked
    assert all(address.startswith("https://example.org/") for address in linked)


def test_what_they_refer_to_is_the_clients_own_shared_and_earlier():
    about = {client.name: list(referred(client, therapist)) for client, therapist in pairs()}
    assert {kind for found in about.values() for kind, *_ in found} == {"journal_entry", "session"}
    assert len([name for name, found in about.items() if found]) > 3
    for client, _ in pairs():
        entries = {one.id: one for one in entries_of(client, NOW)}
        course = course_of(client, NOW)
        sessions = {one.id: one for one in course.sessions} if course else {}
        for kind, id_, sent_at in about[client.name]:
            if kind == "journal_entry":
                assert entries[id_].visibility != Visibility.only_me
                assert entries[id_].entered_at < sent_at
            else:
                assert sessions[id_].stages[-1].at < sent_at


def referred(client: DemoPerson, therapist: DemoPerson) -> Iterator[tuple[str, UUID, datetime]]:
    for message in messages_of(client, therapist, NOW):
        for mention in mentions(message.text, "https://portal.example.org"):
            yield mention.reference.kind, mention.reference.id, message.sent_at


@pytest.mark.parametrize("days", range(7))
def test_some_wait_for_an_answer_and_somebody_too_long(days: int):
    now = NOW + timedelta(days=days)
    assert len(waiting_for("Mateo Villanueva", now)) > 0
    waiting, hours = waiting_for("Hannah Oyelaran", now), desks()["Hannah Oyelaran"].answers_within
    assert hours
    assert len(waiting) > 3
    assert 0 < len([since for since in waiting if since + timedelta(hours=hours) < now]) < len(waiting)


def waiting_for(therapist: str, now: datetime) -> list[datetime]:
    """When each client of theirs wrote who had the last word."""
    newest = {client.id: messages_of(client, by, now)[-1] for client, by in pairs() if by.name == therapist}
    return [message.sent_at for client, message in newest.items() if message.sender_id == client]


@pytest.mark.parametrize("days", range(7))
def test_what_is_for_later_goes_out_on_a_working_day_to_come(days: int):
    now = NOW + timedelta(days=days)
    for person, desk in having_desks():
        for later in desk.later:
            at = later.goes_out_at(person, now)
            local = at.astimezone(person.zone)
            assert timedelta(days=1) < at - now < timedelta(days=7)
            assert local.weekday() < 5
            assert 9 <= local.hour < 17
            assert therapist_of(next(one for one in clients() if one.name == later.to)) == person


def test_nobody_is_named():
    names = {part for person in people() for part in person.name.split()}
    words = {
        word.strip(".,!?")
        for these in threads().values()
        for t in these
        for _, text, *_ in t.messages
        for word in text.split()
    }

    assert not names & words


@pytest.mark.parametrize(
    ("written", "answered"),
    [
        ("2026-11-18T16:59:59-05:00", "2026-11-18T16:59:59-05:00"),
        ("2026-11-18T17:00:30-05:00", "2026-11-19T09:00:30-05:00"),
        ("2026-11-18T08:20:00-05:00", "2026-11-18T09:20:00-05:00"),
        ("2026-11-20T21:10:00-05:00", "2026-11-23T09:10:00-05:00"),
        ("2026-11-21T12:00:00-05:00", "2026-11-23T09:00:00-05:00"),
    ],
)
def test_an_answer_waits_for_the_office(written: str, answered: str):
    therapist = pairs()[0][1]

    assert in_office_hours(datetime.fromisoformat(written), therapist.zone) == datetime.fromisoformat(answered)
