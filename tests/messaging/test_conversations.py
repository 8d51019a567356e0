from datetime import UTC, datetime, timedelta

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.messaging.practice import CONVERSATIONS, Pair, Practice

EITHER = pytest.mark.parametrize("party", ["client", "therapist"])


@EITHER
async def test_a_conversation_comes_with_care(practice: Practice, pair: Pair, party: str) -> None:
    async with practice.signed_in(getattr(pair, party)) as http:
        answer = await http.get(pair.path)
    assert answer.json() == {
        "id": str(pair.conversation_id),
        "client": {"id": str(pair.client.id), "name": pair.client.name},
        "therapist": {"id": str(pair.therapist.id), "name": pair.therapist.name},
        "last_message_at": None,
        "closed": None,
        "team": [],
        "closed_at": None,
        "last_sequence": 0,
        "read_sequence": 0,
        "unread": 0,
    }
    (opened,) = await practice.audited(action="conversation.opened", object_id=pair.conversation_id)
    assert (opened.actor_id, opened.subject_id, opened.outcome) == (None, pair.client.id, "success")


async def test_care_told_again_or_begun_again_keeps_the_one_conversation(practice: Practice, pair: Pair) -> None:
    await practice.care(pair.client, pair.therapist, pair.care_id)
    await practice.end_care(pair)
    await practice.care(pair.client, pair.therapist)
    assert await practice.conversation_of(pair.client, pair.therapist) == pair.conversation_id
    assert len(await practice.audited(action="conversation.opened")) == 1


async def test_care_that_has_ended_opens_nothing(practice: Practice, client_person: Person, therapist: Person) -> None:
    await practice.know(client_person, therapist)
    await practice.care(client_person, therapist, ended=timedelta(minutes=5))
    async with practice.signed_in(client_person) as http:
        assert (await http.get(CONVERSATIONS)).json()["items"] == []
    assert await practice.audited(action="conversation.opened") == []


async def test_care_may_arrive_before_the_people(practice: Practice, client_person: Person, therapist: Person) -> None:
    await practice.care(client_person, therapist)
    await practice.know(client_person, therapist)
    conversation_id = await practice.conversation_of(client_person, therapist)
    for person in (client_person, therapist):
        async with practice.signed_in(person) as http:
            assert [item["id"] for item in (await http.get(CONVERSATIONS)).json()["items"]] == [str(conversation_id)]


async def test_nobody_opens_a_conversation_by_hand(practice: Practice, pair: Pair) -> None:
    body = {"client_id": str(pair.client.id), "therapist_id": str(pair.therapist.id)}
    async with practice.signed_in(pair.client) as http:
        assert (await http.put(f"{CONVERSATIONS}/{new_id()}", json=body)).status_code == 405


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
