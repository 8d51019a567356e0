"""Search in one's own conversations: bounded, page by page, and nobody else's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person
from afterglow_messaging.messages.imports import ImportedMessage, import_conversation
from afterglow_messaging.searching import looking, service

from tests.messaging.practice import API, Pair, Practice

SEARCHES = f"{API}/searches"


async def ask(
    practice: Practice, person: Person, question: str, *, only: Pair | None = None, **params: Any
) -> dict[str, Any]:
    body = {"q": question} | ({"conversation": str(only.conversation_id)} if only else {})
    async with practice.signed_in(person) as http:
        answer = await http.post(SEARCHES, json=body, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def every_page(practice: Practice, person: Person, question: str, **params: Any) -> list[dict[str, Any]]:
    pages = [await ask(practice, person, question, **params)]
    while pages[-1]["next"]:
        pages.append(await ask(practice, person, question, after=pages[-1]["next"], **params))
    return pages


async def test_both_find_what_either_wrote_newest_first(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    await practice.send(pair, pair.client, f"{'before ' * 30}the **Café** by the SEA {'after ' * 40}")
    await practice.send(pair, pair.therapist, "Años atrás, the sea")
    await practice.send(other_pair, other_pair.client, "The sea of somebody else")
    for person in (pair.client, pair.therapist):
        found = await ask(practice, person, "SEA")
        assert [hit["sequence"] for hit in found["items"]] == [2, 1]
        assert (found["searched"], found["complete"], found["next"]) == (2, True, None)
    newer, older = found["items"]
    assert newer["client"] == {"id": str(pair.client.id), "name": pair.client.name}
    assert newer["therapist"] == {"id": str(pair.therapist.id), "name": pair.therapist.name}
    assert (newer["sender_id"], older["sender_id"]) == (str(pair.therapist.id), str(pair.client.id))
    assert older["excerpt"].startswith("…before")
    assert "the Café by the SEA" in older["excerpt"]
    assert len(older["excerpt"]) <= 161
    for question, sequences in (("cafe sea", [1]), ("anos ATRAS", [2]), ("sea land", []), ("%", [])):
        found = await ask(practice, pair.client, question)
        assert [hit["sequence"] for hit in found["items"]] == sequences, question


async def test_pages_of_several_conversations_lose_and_double_nothing(
    practice: Practice, pair: Pair, other_client: Person
) -> None:
    second = await practice.pair_up(other_client, pair.therapist)
    sent = []
    for number in range(7):
        where = (pair, second)[number % 2]
        sent.append(await practice.send(where, where.client, f"sea {number}"))
    for limit in (1, 3, 7, 8):
        pages = await every_page(practice, pair.therapist, "sea", limit=limit)
        hits = [hit["id"] for page in pages for hit in page["items"]]
        assert hits == [message["id"] for message in reversed(sent)]
        assert len(pages) == -(-7 // limit)
    within = await ask(practice, pair.therapist, "sea", only=second)
    assert [hit["id"] for hit in within["items"]] == [message["id"] for message in reversed(sent[1::2])]


async def test_messages_of_one_moment_have_an_order_too(practice: Practice, pair: Pair) -> None:
    store = practice.app.state.keys
    await practice.send(pair, pair.client, "sea")
    same = [ImportedMessage(pair.client.id, "sea", datetime(2026, 3, 1, 8, 0, 0, 1, tzinfo=UTC)) for _ in range(5)]
    people = {"client_id": pair.client.id, "therapist_id": pair.therapist.id}
    await import_conversation(practice.database, store, messages=same, **people)
    pages = await every_page(practice, pair.client, "sea", limit=2)
    assert [hit["sequence"] for page in pages for hit in page["items"]] == [1, 6, 5, 4, 3, 2]


async def test_corrected_words_are_found_and_earlier_or_withdrawn_ones_are_not(practice: Practice, pair: Pair) -> None:
    corrected = await practice.send(pair, pair.client, "the mountain")
    withdrawn = await practice.send(pair, pair.client, "the sea")
    await practice.correct(pair, pair.client, corrected, "the lake")
    async with practice.signed_in(pair.client) as http:
        assert (await http.put(f"{pair.messages}/{withdrawn['id']}/withdrawal")).status_code in {200, 201}
    for person in (pair.client, pair.therapist):
        found = {word: (await ask(practice, person, word))["items"] for word in ("mountain", "lake", "sea")}
        assert [hit["excerpt"] for hit in found["lake"]] == ["the lake"]
        assert found["mountain"] == found["sea"] == []


async def test_the_bound_is_told_and_the_next_page_goes_on(
    practice: Practice, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert service.MOST_SEARCHED == 5_000
    monkeypatch.setattr(service, "MOST_SEARCHED", 2)
    for word in ("lighthouse", "harbour", "island"):
        await practice.send(pair, pair.client, word)
    first, second = await every_page(practice, pair.client, "lighthouse")
    assert (first["items"], first["searched"], first["complete"]) == ([], 2, False)
    assert ([hit["sequence"] for hit in second["items"]], second["complete"]) == ([1], True)
    found = await ask(practice, pair.client, "harbour")
    assert ([hit["sequence"] for hit in found["items"]], found["complete"]) == ([2], False)


async def test_when_the_time_is_over_each_page_still_goes_on(
    practice: Practice, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert looking.LONGEST_SEARCH == 1.0
    monkeypatch.setattr(looking, "LONGEST_SEARCH", 0.0)
    for number in range(3):
        await practice.send(pair, pair.client, f"sea {number}")
    pages = await every_page(practice, pair.client, "sea")
    assert [(page["searched"], len(page["items"])) for page in pages[:3]] == [(1, 1)] * 3
    assert [hit["sequence"] for page in pages for hit in page["items"]] == [3, 2, 1]
    assert [page["complete"] for page in pages][-1] is True


async def test_nothing_written_and_nobody_to_write_to(practice: Practice, pair: Pair, other_client: Person) -> None:
    await practice.know(other_client)
    for person in (pair.client, other_client):
        assert await ask(practice, person, "sea") == {"items": [], "searched": 0, "complete": True, "next": None}


async def test_the_audit_tells_whose_words_were_shown_and_none_of_them(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "the sea")
    await ask(practice, pair.therapist, "sea")
    await ask(practice, pair.therapist, "mountain")
    shown, empty = await practice.audited(action="messages.searched")
    assert (shown.actor_id, shown.object_id, shown.subject_id) == (
        pair.therapist.id,
        pair.conversation_id,
        pair.client.id,
    )
    assert (empty.object_id, empty.subject_id) == (None, None)
    assert "the sea" not in str(shown.model_dump())
    async with practice.signed_in(pair.client) as http:
        log = (await http.get(f"{API}/access-log", params={"kind": "messages"})).json()["items"]
    assert [one["action"] for one in log] == ["messages.searched"]


async def test_another_pairs_conversation_is_not_there(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    await practice.send(other_pair, other_pair.client, "the sea")
    for person in (pair.client, pair.therapist):
        async with practice.signed_in(person) as http:
            for conversation in (other_pair.conversation_id, new_id()):
                answer = await http.post(SEARCHES, json={"q": "sea", "conversation": str(conversation)})
                assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    refused = await practice.audited(action="messages.searched", outcome="refused")
    assert {event.object_id for event in refused} >= {other_pair.conversation_id}


async def test_when_care_has_ended(practice: Practice, pair: Pair) -> None:
    """The client's for good; the therapist's for 14 days, with a cursor from before as well."""
    for word in ("sea", "sea"):
        await practice.send(pair, pair.client, word)
    cursor = (await ask(practice, pair.therapist, "sea", limit=1))["next"]
    await practice.end_care(pair, ago=timedelta(days=13))
    assert len((await ask(practice, pair.therapist, "sea"))["items"]) == 2
    await practice.end_care(pair, ago=timedelta(days=15))
    assert (await ask(practice, pair.therapist, "sea"))["searched"] == 0
    assert (await ask(practice, pair.therapist, "sea", after=cursor))["searched"] == 0
    assert len((await ask(practice, pair.client, "sea"))["items"]) == 2


@pytest.mark.parametrize("question", ["", "  ", "\u0301", "a\0b", "x" * 101, 3, None])
async def test_a_question_that_says_nothing(practice: Practice, pair: Pair, question: object) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.post(SEARCHES, json={"q": question})
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, ["q"])


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "1~2~3",
        "1~0195e3a0-0000-7000-8000-0000000000c1~0",
        "-1~0195e3a0-0000-7000-8000-0000000000c1~1",
        "1~0195e3a0-0000-7000-8000-0000000000c1~9999999999999999999",
        "1" * 101,
        "\u0661~a~1",
    ],
)
async def test_a_cursor_that_is_none(practice: Practice, pair: Pair, cursor: str) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.post(SEARCHES, json={"q": "sea"}, params={"after": cursor})
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, ["after"])


async def test_the_largest_cursor_is_one(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "sea")
    found = await ask(practice, pair.client, "sea", after=f"{'9' * 16}~{new_id()}~{2**63 - 1}")
    assert len(found["items"]) == 1
