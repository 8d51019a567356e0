"""Sealed words open in their place only, and lie nowhere in the clear."""

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import DataKey, SealBrokenError
from afterglow_messaging.messages import envelope
from afterglow_messaging.messages.models import Message
from afterglow_messaging.messages.schemas import MessageIn
from sqlalchemy import String, func, literal_column, select, text, update
from sqlmodel import col

from tests.messaging.practice import Pair, Practice

WORDS = "lantern-quartz-meadow"
EVERY_TABLE = text("""
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'keys')
""")


async def test_words_lie_nowhere_in_the_clear(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, WORDS)
    async with practice.arrange() as session:
        tables = list((await session.execute(EVERY_TABLE)).scalars())
        assert "public.messages" in tables
        for table in tables:
            for whole in (
                await session.execute(
                    select(func.to_jsonb(literal_column("t")).cast(String)).select_from(text(f"{table} AS t"))
                )
            ).scalars():
                assert WORDS not in whole
                assert WORDS.encode().hex() not in whole


async def test_the_same_words_are_never_sealed_alike(practice: Practice, pair: Pair) -> None:
    sent = [await practice.send(pair, pair.client, WORDS) for _ in range(2)]
    async with practice.arrange() as session:
        rows = [await session.get_one(Message, (pair.conversation_id, message["id"])) for message in sent]
    assert rows[0].sealed_text != rows[1].sealed_text


async def test_words_moved_to_another_message_or_conversation_do_not_open(
    practice: Practice, pair: Pair, other_pair: Pair
) -> None:
    source = await practice.send(pair, pair.client, WORDS)
    for target in (pair, other_pair):
        moved = await practice.send(target, target.client, "something else")
        async with practice.arrange() as session:
            original = await session.get_one(Message, (pair.conversation_id, source["id"]))
            await session.execute(
                update(Message)
                .where(col(Message.conversation_id) == target.conversation_id, col(Message.id) == moved["id"])
                .values(sealed_text=original.sealed_text)
            )
        async with practice.signed_in(target.client) as http:
            answer = await http.get(target.messages)
        assert answer.status_code == 500
        assert WORDS not in answer.text


def test_an_envelope_opens_for_its_own_row_only() -> None:
    key = DataKey(id=new_id(), owner=new_id(), material=bytes(range(32)))
    message_id = new_id()
    sealed = key.seal(WORDS, envelope.binding(key.owner, message_id))
    assert key.open(sealed, envelope.binding(key.owner, message_id)) == WORDS
    for conversation, message in ((key.owner, new_id()), (new_id(), message_id)):
        with pytest.raises(SealBrokenError):
            key.open(sealed, envelope.binding(conversation, message))


def test_the_digest_tells_every_other_message_apart() -> None:
    key = DataKey(id=new_id(), owner=new_id(), material=bytes(range(32)))
    sender, reply = new_id(), new_id()
    first = envelope.digest(key, sender, MessageIn(text="a"))
    others = [
        envelope.digest(key, sender, MessageIn(text="b")),
        envelope.digest(key, sender, MessageIn(text="a", reply_to=reply)),
        envelope.digest(key, new_id(), MessageIn(text="a")),
        envelope.digest(DataKey(id=key.id, owner=key.owner, material=bytes(32)), sender, MessageIn(text="a")),
    ]
    assert first == envelope.digest(key, sender, MessageIn(text="a"))
    assert first not in others
