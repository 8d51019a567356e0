"""Correcting a message: for a quarter of an hour, by who wrote it, and what it said before can be read."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from sqlalchemy import text

from tests.messaging.practice import Pair, Practice

IN_PARALLEL = 20
SET_BACK = text("UPDATE messages SET sent_at = sent_at - CAST(:ago AS interval) WHERE id = :id")


def versions(pair: Pair, message: dict[str, Any]) -> str:
    return f"{pair.messages}/{message['id']}/versions"


def correction(words: str, *, replaces: int = 0) -> dict[str, Any]:
    return {"id": str(new_id()), "text": words, "replaces": replaces}


async def set_back(practice: Practice, message: dict[str, Any], ago: timedelta) -> None:
    """Let a message have been sent earlier."""
    async with practice.arrange() as session:
        await session.execute(SET_BACK, {"ago": ago, "id": message["id"]})


async def updates(http: httpx.AsyncClient, after: str | None = None) -> dict[str, Any]:
    answer = await http.get("/api/messaging/updates", params={"after": after} if after else {})
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def test_both_read_the_new_words_and_the_earlier_ones(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "Tusday at three")
    async with practice.signed_in(pair.client) as http:
        answer = await http.post(versions(pair, sent), json=correction("Tuesday at three"))
    assert answer.status_code == 201
    assert (answer.json()["text"], answer.json()["corrections"]) == ("Tuesday at three", 1)
    for reader in (pair.client, pair.therapist):
        (message,) = await practice.read(pair, reader)
        assert message == answer.json()
        async with practice.signed_in(reader) as http:
            found = (await http.get(versions(pair, sent))).json()["items"]
        assert [(one["number"], one["text"]) for one in found] == [(0, "Tusday at three"), (1, "Tuesday at three")]
        assert (found[0]["written_at"], found[1]["written_at"]) == (sent["sent_at"], message["corrected_at"])


async def test_again_and_again(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.therapist, "one")
    async with practice.signed_in(pair.therapist) as http:
        for number, words in enumerate(("two", "three")):
            answer = await http.post(versions(pair, sent), json=correction(words, replaces=number))
            assert (answer.status_code, answer.json()["corrections"]) == (201, number + 1)
        found = (await http.get(versions(pair, sent))).json()["items"]
    assert [one["text"] for one in found] == ["one", "two", "three"]
    assert [one["text"] for one in await practice.read(pair, pair.client)] == ["three"]


async def test_a_replay_adds_nothing_and_other_words_are_a_conflict(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "one")
    body = correction("two")
    async with practice.signed_in(pair.client) as http:
        first = await http.post(versions(pair, sent), json=body)
        again = await http.post(versions(pair, sent), json=body)
        other = await http.post(versions(pair, sent), json=body | {"text": "three"})
        place = await http.post(versions(pair, sent), json=body | {"replaces": 1})
    assert [each.status_code for each in (first, again, other, place)] == [201, 200, 409, 409]
    assert again.json() == first.json()
    assert other.json()["code"] == place.json()["code"] == "conflict"
    assert len(await practice.audited(action="message.corrected", outcome="success")) == 1


async def test_sending_the_message_again_answers_what_it_says_now(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "one")
    async with practice.signed_in(pair.client) as http:
        corrected = await http.post(versions(pair, sent), json=correction("two"))
        answer = await http.put(f"{pair.messages}/{sent['id']}", json={"text": "one"})
    assert (answer.status_code, answer.json()) == (200, corrected.json())


async def test_words_that_are_not_the_newest_are_not_replaced(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "one")
    async with practice.signed_in(pair.client) as http:
        await http.post(versions(pair, sent), json=correction("two"))
        answer = await http.post(versions(pair, sent), json=correction("from another tab"))
    assert (answer.status_code, answer.json()["code"]) == (409, "overtaken")
    assert [one["text"] for one in await practice.read(pair, pair.client)] == ["two"]


async def test_after_a_quarter_of_an_hour_it_stays(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "one")
    async with practice.signed_in(pair.client) as http:
        await set_back(practice, sent, timedelta(minutes=14))
        first = await http.post(versions(pair, sent), json=correction("two"))
        await set_back(practice, sent, timedelta(minutes=1, seconds=1))
        late = await http.post(versions(pair, sent), json=correction("three", replaces=1))
    assert (first.status_code, late.status_code, late.json()["code"]) == (201, 409, "too_late")
    assert late.json()["title"] == "A message can be corrected for fifteen minutes; this one is older"


async def test_only_who_wrote_it(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "one")
    async with practice.signed_in(pair.therapist) as http:
        assert (await http.post(versions(pair, sent), json=correction("two"))).status_code == 403
    for stranger in (other_pair.client, other_pair.therapist):
        async with practice.signed_in(stranger) as http:
            assert (await http.post(versions(pair, sent), json=correction("two"))).status_code == 404
            assert (await http.get(versions(pair, sent))).status_code == 404
            # nor through a conversation of their own
            assert (await http.get(versions(other_pair, sent))).status_code == 404
    assert len(await practice.audited(action="message.corrected", outcome="refused")) == 3
    assert [one["text"] for one in await practice.read(pair, pair.client)] == ["one"]


async def test_a_closed_conversation_is_not_changed_and_can_be_read(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "one")
    body = correction("two")
    async with practice.signed_in(pair.client) as http:
        await http.post(versions(pair, sent), json=body)
        await practice.end_care(pair)
        refused = await http.post(versions(pair, sent), json=correction("three", replaces=1))
        replayed = await http.post(versions(pair, sent), json=body)
        assert (refused.status_code, replayed.status_code) == (403, 200)
        assert len((await http.get(versions(pair, sent))).json()["items"]) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"text": ""},
        {"text": " \n"},
        {"text": "a\x00b"},
        {"text": "x" * 10_001},
        {"text": None},
        {"replaces": -1},
        {"replaces": "0"},
        {"replaces": 2**31},
        {"id": "6e2ff25b-3b8a-4e5c-9d3f-0c8f6f1c9d11"},
        {"sent_at": "2026-01-01T00:00:00Z"},
    ],
)
async def test_bad_input(practice: Practice, pair: Pair, change: dict[str, Any]) -> None:
    sent = await practice.send(pair, pair.client, "one")
    async with practice.signed_in(pair.client) as http:
        answer = await http.post(versions(pair, sent), json=correction("two") | change)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(change)


async def test_it_comes_to_whoever_follows_and_to_who_comes_back(
    committed_practice: Practice, committed_pair: Pair
) -> None:
    """A cursor from after the message was read finds it once more, changed, and then no more."""
    sent = await committed_practice.send(committed_pair, committed_pair.client, "one")
    await committed_practice.send(committed_pair, committed_pair.client, "another")
    async with (
        committed_practice.signed_in(committed_pair.therapist) as http,
        committed_practice.signed_in(committed_pair.client) as client,
    ):
        here = (await updates(http))["next"]
        corrected = await client.post(versions(committed_pair, sent), json=correction("two"))
        page = await updates(http, here)
        assert page["items"] == [corrected.json()]
        assert (await updates(http, page["next"]))["items"] == []


async def test_what_was_read_is_not_unread_by_it(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "one")
    await practice.mark(pair, pair.therapist, 1)
    async with practice.signed_in(pair.client) as http:
        await http.post(versions(pair, sent), json=correction("two"))
    async with practice.signed_in(pair.therapist) as http:
        assert (await http.get("/api/messaging/unread")).json()["total"] == 0


async def test_reading_and_correcting_are_audited(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "one")
    async with practice.signed_in(pair.client) as http:
        await http.post(versions(pair, sent), json=correction("two"))
    async with practice.signed_in(pair.therapist) as http:
        await http.get(versions(pair, sent))
    (corrected,) = await practice.audited(action="message.corrected")
    assert (str(corrected.object_id), corrected.subject_id) == (sent["id"], pair.client.id)
    (read,) = await practice.audited(action="messages.read", purpose="versions")
    assert (read.actor_id, read.object_id, read.subject_id) == (
        pair.therapist.id,
        pair.conversation_id,
        pair.client.id,
    )


async def test_one_correction_many_times_at_once_is_one(committed_practice: Practice, committed_pair: Pair) -> None:
    sent = await committed_practice.send(committed_pair, committed_pair.client, "one")
    body, path = correction("two"), versions(committed_pair, sent)
    async with committed_practice.signed_in(committed_pair.client) as http:
        answers = await asyncio.gather(*(http.post(path, json=body) for _ in range(IN_PARALLEL)))
        assert Counter(each.status_code for each in answers) == {201: 1, 200: IN_PARALLEL - 1}
        assert len({each.text for each in answers}) == 1
        assert len((await http.get(path)).json()["items"]) == 2


async def test_different_corrections_at_once_have_one_winner(
    committed_practice: Practice, committed_pair: Pair
) -> None:
    sent = await committed_practice.send(committed_pair, committed_pair.client, "one")
    path = versions(committed_pair, sent)
    async with committed_practice.signed_in(committed_pair.client) as http:
        sends = (http.post(path, json=correction(f"{number}")) for number in range(IN_PARALLEL))
        answers = await asyncio.gather(*sends)
        assert Counter(each.status_code for each in answers) == {201: 1, 409: IN_PARALLEL - 1}
        assert {each.json()["code"] for each in answers if each.status_code == 409} == {"overtaken"}
        (winner,) = (each.json()["text"] for each in answers if each.status_code == 201)
        assert [one["text"] for one in (await http.get(path)).json()["items"]] == ["one", winner]


async def test_versions_are_sealed_and_bound_to_their_place(practice: Practice, pair: Pair) -> None:
    """Words moved to another message, or another number, do not open."""
    first = await practice.send(pair, pair.client, "one")
    second = await practice.send(pair, pair.client, "two")
    async with practice.signed_in(pair.client) as http:
        for message in (first, second):
            await http.post(versions(pair, message), json=correction(f"{message['text']} more"))
        async with practice.arrange() as session:
            rows = (await session.execute(text("SELECT sealed_text FROM message_versions"))).scalars().all()
            assert not any(b"more" in bytes(row) for row in rows)
            await session.execute(text("""
                UPDATE message_versions SET sealed_text =
                    (SELECT sealed_text FROM message_versions WHERE message_id = :other)
                WHERE message_id = :id
            """), {"id": first["id"], "other": second["id"]})  # fmt: skip
        assert (await http.get(versions(pair, first))).status_code == 500
        assert (await http.get(versions(pair, second))).status_code == 200
