from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.messaging.practice import CONVERSATIONS, Pair, Practice

EITHER = pytest.mark.parametrize("party", ["client", "therapist"])


@EITHER
async def test_either_party_opens_the_conversation(
    practice: Practice, client_person: Person, therapist: Person, party: str
) -> None:
    await practice.know(client_person, therapist)
    pair = Pair(client_person, therapist, await practice.care(client_person, therapist), new_id())
    async with practice.signed_in(getattr(pair, party)) as http:
        answer = await http.put(pair.path, json=pair.body)
    assert answer.status_code == 201
    assert answer.json() == {
        "id": str(pair.conversation_id),
        "client": {"id": str(client_person.id), "name": client_person.name},
        "therapist": {"id": str(therapist.id), "name": therapist.name},
        "last_message_at": None,
        "closed_at": None,
    }


@EITHER
async def test_opening_again_answers_the_same_one(practice: Practice, pair: Pair, party: str) -> None:
    async with practice.signed_in(getattr(pair, party)) as http:
        again = await http.put(pair.path, json=pair.body)
        read = await http.get(pair.path)
    assert again.status_code == 200
    assert again.json() == read.json()
    assert len(await practice.audited(action="conversation.opened")) == 1


async def test_a_pair_has_one_conversation_and_is_told_which(practice: Practice, pair: Pair) -> None:
    async with practice.signed_in(pair.therapist) as http:
        answer = await http.put(f"{CONVERSATIONS}/{new_id()}", json=pair.body)
    assert answer.status_code == 409
    assert str(pair.conversation_id) in answer.json()["detail"]


async def test_an_id_of_ones_own_for_another_pair_conflicts(
    practice: Practice, pair: Pair, other_therapist: Person
) -> None:
    await practice.know(other_therapist)
    await practice.care(pair.client, other_therapist)
    body = pair.body | {"therapist_id": str(other_therapist.id)}
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(pair.path, json=body)
    assert answer.status_code == 409


async def test_a_strangers_id_is_not_told_apart_from_nothing(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    await practice.care(pair.client, other_pair.therapist)
    body = {"client_id": str(pair.client.id), "therapist_id": str(other_pair.therapist.id)}
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(other_pair.path, json=body)
    assert answer.status_code == 404
    assert str(other_pair.client.id) not in answer.text
    assert await practice.audited(action="conversation.opened", outcome="refused", actor_id=pair.client.id)


async def test_nobody_opens_a_conversation_for_others(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    body = {"client_id": str(other_pair.client.id), "therapist_id": str(other_pair.therapist.id)}
    for person in (pair.client, pair.therapist):
        async with practice.signed_in(person) as http:
            answer = await http.put(f"{CONVERSATIONS}/{new_id()}", json=body)
        assert answer.status_code == 403
        assert await practice.audited(action="conversation.opened", outcome="refused", actor_id=person.id)


async def test_a_client_is_not_taken_for_a_therapist(practice: Practice, pair: Pair, other_client: Person) -> None:
    await practice.know(other_client)
    body = {"client_id": str(other_client.id), "therapist_id": str(pair.client.id)}
    async with practice.signed_in(pair.client) as http:
        assert (await http.put(f"{CONVERSATIONS}/{new_id()}", json=body)).status_code == 403


async def test_without_care_there_is_no_conversation(practice: Practice, pair: Pair, other_therapist: Person) -> None:
    """The answer is the same whether the other person exists or not."""
    await practice.know(other_therapist)
    answers = []
    async with practice.signed_in(pair.client) as http:
        for stranger in (other_therapist.id, uuid4()):
            body = pair.body | {"therapist_id": str(stranger)}
            answers.append(await http.put(f"{CONVERSATIONS}/{new_id()}", json=body))
    assert [answer.status_code for answer in answers] == [403, 403]
    first, second = ({**answer.json(), "request_id": None} for answer in answers)
    assert first == second


async def test_a_conversation_of_ended_care_cannot_be_opened_anew(
    practice: Practice, client_person: Person, therapist: Person
) -> None:
    await practice.know(client_person, therapist)
    care_id = await practice.care(client_person, therapist, ended=timedelta(minutes=5))
    pair = Pair(client_person, therapist, care_id, new_id())
    async with practice.signed_in(client_person) as http:
        answer = await http.put(pair.path, json=pair.body)
    assert answer.status_code == 403
    assert "in care together" in answer.json()["detail"]


async def test_foreign_and_unknown_conversations_are_not_found(
    practice: Practice, pair: Pair, other_pair: Pair
) -> None:
    for person in (pair.client, pair.therapist):
        async with practice.signed_in(person) as http:
            foreign = await http.get(other_pair.path)
            unknown = await http.get(f"{CONVERSATIONS}/{new_id()}")
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.json()["detail"] == unknown.json()["detail"]
        assert await practice.audited(
            action="conversation.read", outcome="refused", actor_id=person.id, object_id=other_pair.conversation_id
        )


async def test_listing_shows_ones_own_only(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    for own in (pair, other_pair):
        for person in (own.client, own.therapist):
            async with practice.signed_in(person) as http:
                page = (await http.get(CONVERSATIONS)).json()
            assert [item["id"] for item in page["items"]] == [str(own.conversation_id)]
            assert page["next"] is None


async def test_listing_pages_through_every_conversation_once(
    practice: Practice, pair: Pair, other_client: Person
) -> None:
    second = await practice.pair_up(other_client, pair.therapist)
    seen: list[str] = []
    after: str | None = None
    async with practice.signed_in(pair.therapist) as http:
        for _ in range(2):
            page = (await http.get(CONVERSATIONS, params={"limit": 1} | ({"after": after} if after else {}))).json()
            seen += [item["id"] for item in page["items"]]
            after = page["next"]
    assert seen == sorted([str(pair.conversation_id), str(second.conversation_id)])
    assert after is None


async def test_the_last_message_and_the_end_of_care_are_shown(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "See you on Tuesday.")
    await practice.end_care(pair, ago=timedelta(hours=1))
    async with practice.signed_in(pair.client) as http:
        found = (await http.get(pair.path)).json()
    assert found["last_message_at"] == sent["sent_at"]
    ended = datetime.fromisoformat(found["closed_at"])
    assert timedelta(minutes=59) < datetime.now(UTC) - ended < timedelta(minutes=61)


async def test_care_that_began_again_opens_the_conversation_again(practice: Practice, pair: Pair) -> None:
    await practice.end_care(pair)
    await practice.care(pair.client, pair.therapist)
    async with practice.signed_in(pair.client) as http:
        assert (await http.get(pair.path)).json()["closed_at"] is None
    await practice.send(pair, pair.therapist, "Welcome back.")


async def test_a_therapist_reads_for_fourteen_days_after_care_a_client_for_good(practice: Practice, pair: Pair) -> None:
    for ago, status in ((timedelta(days=13, hours=23), 200), (timedelta(days=14, seconds=5), 404)):
        await practice.end_care(pair, ago=ago)
        async with practice.signed_in(pair.therapist) as http:
            assert (await http.get(pair.path)).status_code == status
            assert (await http.get(pair.messages)).status_code == status
        async with practice.signed_in(pair.client) as http:
            assert (await http.get(pair.path)).status_code == 200
            assert (await http.get(pair.messages)).status_code == 200


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"limit": "many"}, {"after": "not-an-id"}, {"after": "\x00"}]
)
async def test_bad_paging_is_named(practice: Practice, pair: Pair, query: dict[str, str]) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.get(CONVERSATIONS, params=query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(query)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"client_id": None}, "client_id"),
        ({"client_id": 7}, "client_id"),
        ({"therapist_id": "someone"}, "therapist_id"),
        ({"therapist_id": ["x"]}, "therapist_id"),
        ({"created_at": "2020-01-01"}, "created_at"),
    ],
)
async def test_bad_bodies_are_named(practice: Practice, pair: Pair, change: dict[str, object], field: str) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(f"{CONVERSATIONS}/{new_id()}", json=pair.body | change)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_only_version_seven_ids_open_a_conversation(practice: Practice, pair: Pair) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(f"{CONVERSATIONS}/{uuid4()}", json=pair.body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "conversation_id"
