"""Demonstration conversations come in by the same sealing, rules and audit as sent ones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.errors import Forbidden, NotFound
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_messaging.keys import make_store
from afterglow_messaging.messages.imports import ImportedCorrection, ImportedMessage, import_conversation
from afterglow_messaging.settings import Settings
from pydantic import ValidationError

from tests.messaging.practice import Pair, Practice

LONG_AGO = datetime.now(UTC).replace(microsecond=0) - timedelta(days=40)


async def bring_in(
    database: RolledBackDatabase, settings: Settings, pair: Pair, messages: list[ImportedMessage]
) -> None:
    await import_conversation(
        database,
        make_store(settings),
        client_id=pair.client.id,
        therapist_id=pair.therapist.id,
        messages=messages,
    )


def dialogue(pair: Pair) -> list[ImportedMessage]:
    asked = ImportedMessage(pair.client.id, "Is it normal to feel tired?", LONG_AGO)
    answered = ImportedMessage(
        pair.therapist.id, "Yes, for a day or two.", LONG_AGO + timedelta(hours=3), reply_to=asked.id
    )
    return [asked, answered]


async def test_a_conversation_comes_in_as_it_was_written(
    practice: Practice, database: RolledBackDatabase, settings: Settings, pair: Pair
) -> None:
    messages = dialogue(pair)
    for _ in range(2):
        await bring_in(database, settings, pair, messages)
    read = await practice.read(pair, pair.client)
    assert [(item["text"], item["sender_id"], item["sequence"]) for item in read] == [
        (message.text, str(message.sender_id), number) for number, message in enumerate(messages, start=1)
    ]
    assert [datetime.fromisoformat(item["sent_at"]) for item in read] == [message.sent_at for message in messages]
    assert read[1]["reply_to"] == read[0]["id"]
    events = await practice.audited(action="message.sent", purpose="import")
    assert [(event.actor_id, event.actor_role) for event in events] == [
        (pair.client.id, "client"),
        (pair.therapist.id, "therapist"),
    ]


async def test_what_was_corrected_and_withdrawn_comes_in_so(
    practice: Practice, database: RolledBackDatabase, settings: Settings, pair: Pair
) -> None:
    later = LONG_AGO + timedelta(minutes=4)
    asked, answered = dialogue(pair)
    corrected = replace(asked, correction=ImportedCorrection("Is it normal to be this tired?", later))
    withdrawn = replace(answered, withdrawn_at=answered.sent_at + timedelta(hours=1))
    for _ in range(2):
        await bring_in(database, settings, pair, [corrected, withdrawn])
    first, second = await practice.read(pair, pair.client)
    assert (first["text"], first["corrections"]) == ("Is it normal to be this tired?", 1)
    assert datetime.fromisoformat(first["corrected_at"]) == later
    assert (second["text"], datetime.fromisoformat(second["withdrawn_at"])) == (None, withdrawn.withdrawn_at)
    events = [*await practice.audited(action="message.corrected"), *await practice.audited(action="message.withdrawn")]
    assert [(event.purpose, event.actor_id) for event in events] == [
        ("import", pair.client.id),
        ("import", pair.therapist.id),
    ]


async def test_a_sent_message_follows_imported_ones(
    practice: Practice, database: RolledBackDatabase, settings: Settings, pair: Pair
) -> None:
    await bring_in(database, settings, pair, dialogue(pair))
    assert (await practice.send(pair, pair.client, "Thank you."))["sequence"] == 3


async def test_an_import_keeps_the_rules(
    practice: Practice, database: RolledBackDatabase, settings: Settings, pair: Pair, other_therapist: Person
) -> None:
    stranger = Person(Role.client, "Somebody else")
    with pytest.raises(KeyError):
        await bring_in(database, settings, pair, [ImportedMessage(stranger.id, "hello", LONG_AGO)])
    with pytest.raises(ValidationError):
        await bring_in(database, settings, pair, [ImportedMessage(pair.client.id, " ", LONG_AGO)])
    await practice.end_care(pair)
    with pytest.raises(Forbidden):
        await bring_in(database, settings, pair, dialogue(pair))
    with pytest.raises(NotFound):
        await bring_in(database, settings, replace(pair, therapist=other_therapist), [])


async def test_what_was_answered_counts_as_read(
    practice: Practice, database: RolledBackDatabase, settings: Settings, pair: Pair
) -> None:
    further = ImportedMessage(pair.client.id, "Good to know.", LONG_AGO + timedelta(hours=4))
    await bring_in(database, settings, pair, [*dialogue(pair), further])
    for person, unread in ((pair.client, 0), (pair.therapist, 1)):
        async with practice.signed_in(person) as http:
            assert (await http.get(pair.path)).json()["unread"] == unread


async def test_what_was_read_without_an_answer_counts_as_read(
    practice: Practice, database: RolledBackDatabase, settings: Settings, pair: Pair
) -> None:
    asked, answered = dialogue(pair)
    await bring_in(database, settings, pair, [asked, replace(answered, read=True)])
    async with practice.signed_in(pair.client) as http:
        assert (await http.get(pair.path)).json()["unread"] == 0
    assert (await practice.send(pair, pair.therapist, "See you."))["sequence"] == 3
    async with practice.signed_in(pair.client) as http:
        assert (await http.get(pair.path)).json()["unread"] == 1
