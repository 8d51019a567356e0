"""Many senders at once, over a real pool with real commits. The rounds grow with AFTERGLOW_ROUNDS (make assurance)."""

import asyncio
import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.facts import CareRelationshipFact
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.testing.people import Person, TestIssuer
from afterglow_messaging.base import DataKeyRow
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.main import create
from afterglow_messaging.messages import service
from afterglow_messaging.messages.models import Message
from afterglow_messaging.people.receiving import COPY
from afterglow_messaging.settings import Settings
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tests.messaging.practice import Pair, Practice

ROUNDS = int(os.environ.get("AFTERGLOW_ROUNDS", "5"))
IN_PARALLEL = 20


async def test_one_id_sent_many_times_at_once_is_one_message(
    committed_practice: Practice, committed_pair: Pair
) -> None:
    async with committed_practice.signed_in(committed_pair.client) as http:
        for number in range(1, ROUNDS + 1):
            path = f"{committed_pair.messages}/{new_id()}"
            answers = await asyncio.gather(*(http.put(path, json={"text": "once"}) for _ in range(IN_PARALLEL)))
            assert Counter(answer.status_code for answer in answers) == {201: 1, 200: IN_PARALLEL - 1}
            assert len({answer.text for answer in answers}) == 1
            assert answers[0].json()["sequence"] == number
    events = await committed_practice.audited(action="message.sent", actor_id=committed_pair.client.id)
    assert len(events) == ROUNDS


async def test_one_id_with_different_words_at_once_has_one_winner(
    committed_practice: Practice, committed_pair: Pair
) -> None:
    async with committed_practice.signed_in(committed_pair.client) as http:
        for _ in range(ROUNDS):
            path = f"{committed_pair.messages}/{new_id()}"
            answers = await asyncio.gather(*(http.put(path, json={"text": f"{n}"}) for n in range(IN_PARALLEL)))
            assert Counter(answer.status_code for answer in answers) == {201: 1, 409: IN_PARALLEL - 1}


async def test_many_messages_at_once_are_numbered_without_a_hole(
    committed_practice: Practice, committed_pair: Pair
) -> None:
    """Both parties send; some requests repeat another's id, and take no number."""

    async def send(http: httpx.AsyncClient, path: str, text: str) -> httpx.Response:
        return await http.put(path, json={"text": text})

    async with (
        committed_practice.signed_in(committed_pair.client) as client,
        committed_practice.signed_in(committed_pair.therapist) as therapist,
    ):
        for _ in range(ROUNDS):
            sends = []
            for number in range(IN_PARALLEL):
                path = f"{committed_pair.messages}/{new_id()}"
                sender = client if number % 2 else therapist
                sends += [send(sender, path, f"{number}")] * 1
                if number % 5 == 0:
                    sends.append(send(sender, path, f"{number}"))
            answers = await asyncio.gather(*sends)
            assert Counter(answer.status_code for answer in answers) == {201: IN_PARALLEL, 200: IN_PARALLEL // 5}
    total = ROUNDS * IN_PARALLEL
    async with committed_practice.arrange() as session:
        numbers = await session.scalars(
            select(col(Message.sequence))
            .where(col(Message.conversation_id) == committed_pair.conversation_id)
            .order_by(col(Message.sequence))
        )
        conversation = await session.get_one(Conversation, committed_pair.conversation_id)
    assert list(numbers) == list(range(1, total + 1))
    assert conversation.last_sequence == total


async def test_two_first_senders_at_once_get_one_key(
    settings: Settings, committed_practice: Practice, committed_pair: Pair, issuer: TestIssuer
) -> None:
    """On two processes, which remember nothing of each other."""
    pair = committed_pair
    processes = [
        replace(committed_practice, app=create(settings, database=committed_practice.database, keys=issuer.keys()))
        for _ in range(IN_PARALLEL)
    ]
    senders = [pair.client, pair.therapist]
    sent = await asyncio.gather(
        *(process.send(pair, senders[number % 2], f"{number}") for number, process in enumerate(processes))
    )
    async with committed_practice.arrange() as session:
        keys = select(func.count()).where(col(DataKeyRow.owner_id) == pair.conversation_id)
        assert await session.scalar(keys) == 1
    assert {item["text"] for item in await committed_practice.read(pair, pair.client)} == {
        each["text"] for each in sent
    }


async def test_care_that_ends_between_the_look_and_the_first_word_is_no_fault(
    committed_practice: Practice, committed_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row policy has the last word; whoever asks again is told."""
    pair, looked = committed_pair, service.refuse_closed

    async def end_after(session: AsyncSession, caller: Caller, conversation: Conversation) -> None:
        await looked(session, caller, conversation)
        await committed_practice.end_care(pair)

    async with committed_practice.signed_in(pair.client) as http:
        path = f"{pair.messages}/{new_id()}"
        monkeypatch.setattr(service, "refuse_closed", end_after)
        first = await http.put(path, json={"text": "Hello"})
        assert (first.status_code, first.json()["detail"]) == (503, "Nothing was saved. Please try again in a moment.")
        monkeypatch.setattr(service, "refuse_closed", looked)
        assert (await http.put(path, json={"text": "Hello"})).status_code == 403


async def test_two_workers_with_one_care_make_one_conversation(
    committed: MigratedDatabase, committed_practice: Practice, client_person: Person, therapist: Person
) -> None:
    """Replicas of the service apply the same fact, and several relationships of one pair, at once."""
    await committed_practice.know(client_person, therapist)
    now = datetime.now(UTC)
    facts = [
        CareRelationshipFact(
            id=new_id(),
            client_id=client_person.id,
            therapist_id=therapist.id,
            kind="treating",
            started_at=now,
            as_of=now,
        )
        for _ in range(2)
    ]
    worker = Database.connect(committed.urls["messaging_worker"])

    async def apply(fact: CareRelationshipFact) -> None:
        async with worker.unit_of_work(RowContext()) as session:
            await COPY.apply_care(session, [fact])

    await asyncio.gather(*(apply(facts[number % 2]) for number in range(IN_PARALLEL)))
    await worker.close()
    conversation_id = await committed_practice.conversation_of(client_person, therapist)
    opened = await committed_practice.audited(action="conversation.opened", subject_id=client_person.id)
    assert [event.object_id for event in opened] == [conversation_id]


async def test_a_sent_message_leaves_no_context_behind(committed_practice: Practice, committed_pair: Pair) -> None:
    """The statement sets the row context for itself alone: the same connection shows nothing to nobody."""
    await committed_practice.send(committed_pair, committed_pair.client, "hello")
    database = committed_practice.database
    for _ in range(IN_PARALLEL):
        async with database.unit_of_work(RowContext()) as session:
            assert (await session.execute(select(Message))).all() == []
