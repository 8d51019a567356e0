"""Demonstration conversations come in by the same sealing, rules and audit as sent ones."""

from datetime import UTC, datetime, timedelta

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.errors import Forbidden
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_messaging.keys import make_store
from afterglow_messaging.messages.imports import ImportedMessage, import_conversation
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
        conversation_id=pair.conversation_id,
        client_id=pair.client.id,
        therapist_id=pair.therapist.id,
        messages=messages,
    )


@pytest.fixture
async def unopened(practice: Practice, client_person: Person, therapist: Person) -> Pair:
    """Two people in care together who have no conversation yet."""
    await practice.know(client_person, therapist)
    return Pair(client_person, therapist, await practice.care(client_person, therapist), new_id())


def dialogue(pair: Pair) -> list[ImportedMessage]:
    asked = ImportedMessage(pair.client.id, "Is it normal to feel tired?", LONG_AGO)
    answered = ImportedMessage(
        pair.therapist.id, "Yes, for a day or two.", LONG_AGO + timedelta(hours=3), reply_to=asked.id
    )
    return [asked, answered]


async def test_a_conversation_comes_in_as_it_was_written(
    practice: Practice, database: RolledBackDatabase, settings: Settings, unopened: Pair
) -> None:
    messages = dialogue(unopened)
    for _ in range(2):
        await bring_in(database, settings, unopened, messages)
    read = await practice.read(unopened, unopened.client)
    assert [(item["text"], item["sender_id"], item["sequence"]) for item in read] == [
        (message.text, str(message.sender_id), number) for number, message in enumerate(messages, start=1)
    ]
    assert [datetime.fromisoformat(item["sent_at"]) for item in read] == [message.sent_at for message in messages]
    assert read[1]["reply_to"] == read[0]["id"]
    events = await practice.audited(action="message.sent", purpose="import")
    assert [(event.actor_id, event.actor_role) for event in events] == [
        (unopened.client.id, "client"),
        (unopened.therapist.id, "therapist"),
    ]


async def test_a_sent_message_follows_imported_ones(
    practice: Practice, database: RolledBackDatabase, settings: Settings, unopened: Pair
) -> None:
    await bring_in(database, settings, unopened, dialogue(unopened))
    assert (await practice.send(unopened, unopened.client, "Thank you."))["sequence"] == 3


async def test_an_import_keeps_the_rules(
    practice: Practice, database: RolledBackDatabase, settings: Settings, unopened: Pair
) -> None:
    stranger = Person(Role.client, "Somebody else")
    with pytest.raises(KeyError):
        await bring_in(database, settings, unopened, [ImportedMessage(stranger.id, "hello", LONG_AGO)])
    with pytest.raises(ValidationError):
        await bring_in(database, settings, unopened, [ImportedMessage(unopened.client.id, " ", LONG_AGO)])
    await practice.end_care(unopened)
    with pytest.raises(Forbidden):
        await bring_in(database, settings, unopened, dialogue(unopened))
