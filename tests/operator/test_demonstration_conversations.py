"""The demonstration's conversations: brief, in order, by day."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from afterglow_messaging.messages.schemas import MessageIn
from afterglow_operator.demonstration.conversations import (
    in_office_hours,
    messages_of,
    threads,
)
from afterglow_operator.demonstration.doses import doses_of
from afterglow_operator.demonstration.people import DemoPerson, clients, people, therapist_of

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
