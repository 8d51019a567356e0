from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.messaging.practice import API, CONVERSATIONS, Pair, Practice

EMPTY = {"items": [], "next": None, "covers": {"items": [], "next_at": None}}
WORDS = "The days after were lighter — I slept. ☀️"


async def test_a_message_is_stored_as_sent(practice: Practice, pair: Pair) -> None:
    message_id = new_id()
    sent = await practice.send(pair, pair.client, WORDS, message_id)
    changes = {"corrections": 0, "corrected_at": None, "withdrawn_at": None}
    parts = {"text", "reply_to", "attachments", *changes}
    assert sent.keys() == {"id", "conversation_id", "sender_id", "sequence", "sent_at", *parts}
    assert changes.items() <= sent.items()
    assert sent["id"] == str(message_id)
    assert sent["conversation_id"] == str(pair.conversation_id)
    assert sent["sender_id"] == str(pair.client.id)
    assert (sent["text"], sent["reply_to"], sent["sequence"]) == (WORDS, None, 1)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(sent["sent_at"])) < timedelta(seconds=10)
    for reader in (pair.client, pair.therapist):
        assert await practice.read(pair, reader) == [sent]


async def test_sending_again_answers_the_first_one(practice: Practice, pair: Pair) -> None:
    message_id = new_id()
    first = await practice.send(pair, pair.client, WORDS, message_id)
    async with practice.signed_in(pair.client) as http:
        again = await http.put(f"{pair.messages}/{message_id}", json={"text": WORDS})
    assert again.status_code == 200
    assert again.json() == first
    assert await practice.read(pair, pair.therapist) == [first]


async def test_an_id_holds_one_message(practice: Practice, pair: Pair) -> None:
    """Other words, another reply or another sender: the first message stays as it was."""
    first, other = new_id(), new_id()
    await practice.send(pair, pair.client, WORDS, first)
    await practice.send(pair, pair.client, "Something else", other)
    attempts = [
        (pair.client, {"text": WORDS + " "}),
        (pair.client, {"text": WORDS, "reply_to": str(other)}),
        (pair.therapist, {"text": WORDS}),
    ]
    for sender, body in attempts:
        async with practice.signed_in(sender) as http:
            answer = await http.put(f"{pair.messages}/{first}", json=body)
        assert answer.status_code == 409
        assert answer.json()["code"] == "conflict"
    assert [message["text"] for message in await practice.read(pair, pair.client)] == [WORDS, "Something else"]


async def test_the_same_id_in_another_conversation_is_another_message(
    practice: Practice, pair: Pair, other_pair: Pair
) -> None:
    """Nobody can block, or notice, an id that strangers use."""
    message_id = new_id()
    await practice.send(pair, pair.client, "Ours", message_id)
    await practice.send(other_pair, other_pair.client, "Theirs", message_id)
    assert [message["text"] for message in await practice.read(pair, pair.client)] == ["Ours"]


async def test_messages_are_numbered_without_gaps_whatever_was_refused(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "one", first := new_id())
    async with practice.signed_in(pair.client) as http:
        assert (await http.put(f"{pair.messages}/{first}", json={"text": "other"})).status_code == 409
        assert (await http.put(f"{pair.messages}/{first}", json={"text": "one"})).status_code == 200
        lost = {"text": "x", "reply_to": str(new_id())}
        assert (await http.put(f"{pair.messages}/{new_id()}", json=lost)).status_code == 422
    assert (await practice.send(pair, pair.therapist, "two"))["sequence"] == 2


async def test_a_reply_names_a_message_of_the_same_conversation(
    practice: Practice, pair: Pair, other_pair: Pair
) -> None:
    asked = await practice.send(pair, pair.client, "Is it normal to feel tired?")
    foreign = await practice.send(other_pair, other_pair.client, "Not yours")
    async with practice.signed_in(pair.therapist) as http:
        path = f"{pair.messages}/{new_id()}"
        for missing in (foreign["id"], str(new_id())):
            refused = await http.put(path, json={"text": "Yes.", "reply_to": missing})
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["field"] == "reply_to"
        answered = await http.put(path, json={"text": "Yes.", "reply_to": asked["id"]})
    assert answered.status_code == 201
    assert answered.json()["reply_to"] == asked["id"]


async def test_reading_pages_by_number_newest_last(practice: Practice, pair: Pair) -> None:
    for number in range(5):
        await practice.send(pair, pair.client if number % 2 else pair.therapist, f"message {number}")
    seen: list[tuple[int, str]] = []
    after = "0"
    async with practice.signed_in(pair.client) as http:
        while after is not None:
            page = (await http.get(pair.messages, params={"limit": 2, "after": after})).json()
            seen += [(item["sequence"], item["text"]) for item in page["items"]]
            after = page["next"]
    assert seen == [(number + 1, f"message {number}") for number in range(5)]


async def test_reading_pages_backwards_from_the_newest(practice: Practice, pair: Pair) -> None:
    for number in range(1, 6):
        await practice.send(pair, pair.client, f"{number}")
    seen: list[list[str]] = []
    before: str | None = str(2**63 - 1)
    async with practice.signed_in(pair.therapist) as http:
        while before is not None:
            page = (await http.get(pair.messages, params={"limit": 2, "before": before})).json()
            seen.append([item["text"] for item in page["items"]])
            before = page["next"]
        between = (await http.get(pair.messages, params={"after": 1, "before": 4})).json()
    assert seen == [["4", "5"], ["2", "3"], ["1"]]
    assert [item["text"] for item in between["items"]] == ["2", "3"]
    assert between["next"] is None


async def test_an_empty_conversation_reads_empty(practice: Practice, pair: Pair) -> None:
    async with practice.signed_in(pair.therapist) as http:
        assert (await http.get(pair.messages)).json() == EMPTY


@pytest.mark.parametrize("known", [False, True], ids=["key not in memory", "key in memory"])
async def test_strangers_neither_write_nor_read(practice: Practice, pair: Pair, other_pair: Pair, known: bool) -> None:
    if known:
        await practice.send(pair, pair.client, WORDS)
    for stranger in (other_pair.client, other_pair.therapist):
        for conversation_id in (pair.conversation_id, new_id()):
            path = f"{CONVERSATIONS}/{conversation_id}/messages"
            async with practice.signed_in(stranger) as http:
                assert (await http.put(f"{path}/{new_id()}", json={"text": "hello"})).status_code == 404
                assert (await http.get(path)).status_code == 404
        for action in ("message.sent", "messages.read"):
            assert await practice.audited(
                action=action, outcome="refused", actor_id=stranger.id, object_id=pair.conversation_id
            )
    assert len(await practice.read(pair, pair.client)) == int(known)


@pytest.mark.parametrize("known", [False, True], ids=["key not in memory", "key in memory"])
async def test_after_care_has_ended_nobody_writes_and_the_client_keeps_reading(
    practice: Practice, pair: Pair, known: bool
) -> None:
    if known:
        await practice.send(pair, pair.client, WORDS)
    await practice.end_care(pair)
    for sender in (pair.client, pair.therapist):
        async with practice.signed_in(sender) as http:
            answer = await http.put(f"{pair.messages}/{new_id()}", json={"text": "One more thing"})
        assert answer.status_code == 403
        assert "care has ended" in answer.json()["detail"]
        assert await practice.audited(action="message.sent", outcome="refused", actor_id=sender.id)
    assert len(await practice.read(pair, pair.client)) == int(known)


async def test_a_message_acknowledged_before_the_end_of_care_is_still_acknowledged(
    practice: Practice, pair: Pair
) -> None:
    first = await practice.send(pair, pair.client, WORDS, message_id := new_id())
    await practice.end_care(pair)
    async with practice.signed_in(pair.client) as http:
        again = await http.put(f"{pair.messages}/{message_id}", json={"text": WORDS})
    assert (again.status_code, again.json()) == (200, first)


@pytest.mark.parametrize("party", ["client", "therapist"])
async def test_a_closed_account_reads_and_writes_nothing(practice: Practice, pair: Pair, party: str) -> None:
    await practice.send(pair, pair.client, WORDS)
    person: Person = getattr(pair, party)
    await practice.know(person, disabled_at=datetime.now(UTC))
    async with practice.signed_in(person) as http:
        answers = [
            await http.put(f"{pair.messages}/{new_id()}", json={"text": "still here"}),
            await http.get(pair.messages),
            await http.get(pair.path),
            await http.get(CONVERSATIONS),
            await http.put(f"{pair.path}/read-mark", json={"sequence": 1}),
            await http.get(f"{API}/unread"),
            await http.get(f"{API}/updates"),
            await http.get(f"{API}/events"),
        ]
    assert [answer.status_code for answer in answers] == [403] * 8
    assert len(await practice.audited(action="person.not_live", actor_id=person.id, outcome="refused")) == 8


async def test_a_role_that_is_not_the_persons_own_is_refused(practice: Practice, pair: Pair) -> None:
    """A client whose token says therapist, or the other way round, writes nothing."""
    await practice.send(pair, pair.client, WORDS)
    for person, role in ((pair.client, "therapist"), (pair.therapist, "client")):
        async with practice.signed_in(person, role=role) as http:
            sent = await http.put(f"{pair.messages}/{new_id()}", json={"text": "As someone else"})
            read = await http.get(pair.messages)
        assert (sent.status_code, read.status_code) == (403, 403)
    assert len(await practice.read(pair, pair.client)) == 1


async def test_somebody_whom_messaging_does_not_know_yet_may_try_again(
    practice: Practice, pair: Pair, other_client: Person
) -> None:
    async with practice.signed_in(other_client) as http:
        answer = await http.put(f"{pair.messages}/{new_id()}", json={"text": "hello"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


async def test_only_version_seven_ids_name_a_message(practice: Practice, pair: Pair) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(f"{pair.messages}/{uuid4()}", json={"text": WORDS})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "message_id"


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"after": "-1"},
        {"after": str(2**63)},
        {"before": "0"},
        {"before": str(2**63)},
    ],
)
async def test_bad_paging_is_named(practice: Practice, pair: Pair, query: dict[str, str]) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.get(pair.messages, params=query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(query)


async def test_the_largest_number_is_a_page_without_items(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, WORDS)
    async with practice.signed_in(pair.client) as http:
        answer = await http.get(pair.messages, params={"after": str(2**63 - 1)})
    assert answer.json() == EMPTY


async def test_one_message_is_read_by_both_parties_and_by_nobody_else(
    practice: Practice, pair: Pair, other_pair: Pair
) -> None:
    sent = await practice.send(pair, pair.client, "hello")
    path = f"{pair.messages}/{sent['id']}"
    for reader in (pair.client, pair.therapist):
        async with practice.signed_in(reader) as http:
            answer = await http.get(path)
            assert (answer.status_code, answer.json()) == (200, sent)
            assert (await http.get(f"{pair.messages}/{new_id()}")).status_code == 404
    for stranger in (other_pair.client, other_pair.therapist):
        async with practice.signed_in(stranger) as http:
            assert (await http.get(path)).status_code == 404
            assert (await http.get(f"{other_pair.messages}/{sent['id']}")).status_code == 404
    read = await practice.audited(action="messages.read", outcome="success")
    assert [event.object_id for event in read] == [pair.conversation_id] * 2
    assert len(await practice.audited(action="messages.read", outcome="refused")) == 6
