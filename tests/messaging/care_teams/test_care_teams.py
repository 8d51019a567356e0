"""The conversation of a client's care team: when there is one, who is in it, what each of them reads and may do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.facts import GrantFact
from afterglow_foundation.testing.people import Person
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.keys import make_store
from afterglow_messaging.messages.imports import ImportedMessage, import_team_conversation
from afterglow_messaging.people.receiving import COPY
from afterglow_messaging.settings import Settings
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tests.messaging.practice import A_WHILE, API, CONVERSATIONS, Pair, Practice

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SENT = text("UPDATE messages SET sent_at = :at WHERE id = :id")


async def listed(practice: Practice, person: Person) -> list[dict[str, Any]]:
    async with practice.signed_in(person) as http:
        found: list[dict[str, Any]] = (await http.get(CONVERSATIONS)).json()["items"]
    return found


async def teams_of(practice: Practice, person: Person) -> list[dict[str, Any]]:
    return [one for one in await listed(practice, person) if one["therapist"] is None]


async def texts(practice: Practice, team: Pair, reader: Person) -> list[str]:
    return [item["text"] for item in await practice.read(team, reader)]


async def wrote(practice: Practice, team: Pair, sender: Person, words: str, *, ago: timedelta) -> dict[str, Any]:
    sent = await practice.send(team, sender, words)
    async with practice.arrange() as session:
        await session.execute(SENT, {"id": sent["id"], "at": datetime.now(UTC) - ago})
    return sent


async def lines(practice: Practice, team: Pair, reader: Person, **params: int) -> list[tuple[str, str, int]]:
    async with practice.signed_in(reader) as http:
        found = (await http.get(team.messages, params=params)).json()["covers"]["items"]
    return [(line["kind"], (line.get("member") or line["covering"])["name"], line["after"]) for line in found]


async def counted(practice: Practice) -> int:
    async with practice.arrange() as session:
        teams = select(func.count()).where(col(Conversation.therapist_id).is_(None))
        return (await session.execute(teams)).scalar_one()


# ---- when there is one


async def test_there_is_none_until_the_practice_wants_one(practice: Practice, pair: Pair, second: Pair) -> None:
    assert await counted(practice) == 0
    await practice.want_care_teams(False)
    assert await counted(practice) == 0
    await practice.want_care_teams()
    assert await counted(practice) == 1
    for person in (pair.client, pair.therapist, second.therapist):
        [found] = await teams_of(practice, person)
        assert (found["client"]["name"], found["closed"], found["last_sequence"]) == (pair.client.name, None, 0)
        assert {one["name"] for one in found["team"]} == {pair.therapist.name, second.therapist.name}
        assert all(one["present"] for one in found["team"])


async def test_with_one_therapist_there_is_none_and_the_second_brings_it(
    practice: Practice, pair: Pair, other_therapist: Person
) -> None:
    await practice.want_care_teams()
    assert await teams_of(practice, pair.client) == []
    await practice.pair_up(pair.client, other_therapist)
    assert len(await teams_of(practice, pair.client)) == 1
    [opened] = await practice.audited(action="conversation.opened", purpose="care_team")
    assert (opened.actor_id, opened.subject_id) == (None, pair.client.id)


@pytest.mark.usefixtures("team")
async def test_told_again_there_is_still_one(practice: Practice, pair: Pair, second: Pair) -> None:
    for _ in range(2):
        await practice.want_care_teams()
        await practice.care(pair.client, second.therapist, second.care_id)
    assert await counted(practice) == 1


@pytest.mark.parametrize("wanted", [False, None, "true", 1])
async def test_what_is_no_plain_yes_is_no(practice: Practice, second: Pair, wanted: object) -> None:
    await practice.want_care_teams(wanted)
    assert await teams_of(practice, second.client) == []


# ---- who writes and reads


async def test_everybody_writes_and_everybody_reads(practice: Practice, team: Pair, second: Pair) -> None:
    everybody = [team.client, team.therapist, second.therapist]
    for number, person in enumerate(everybody, start=1):
        assert (await practice.send(team, person, f"from {person.name}"))["sequence"] == number
    for person in everybody:
        assert await texts(practice, team, person) == [f"from {one.name}" for one in everybody]
        [found] = await teams_of(practice, person)
        assert found["unread"] == 2
    assert await practice.mark(team, second.therapist, 3) == {"sequence": 3, "unread": 0}
    assert (await teams_of(practice, team.therapist))[0]["unread"] == 2


async def test_nobody_else_finds_it(practice: Practice, team: Pair, other_client: Person, second: Pair) -> None:
    stranger, of_another = (
        Person(Role.therapist, "Somebody Else"),
        await practice.pair_up(other_client, second.therapist),
    )
    await practice.know(stranger)
    await practice.send(team, team.client, "Hello")
    for person in (stranger, of_another.client):
        assert await teams_of(practice, person) == []
        async with practice.signed_in(person) as http:
            for path in ("", "/messages", "/availability", "/seen-mark"):
                assert (await http.get(team.path + path)).status_code == 404
            assert (await http.put(f"{team.messages}/{new_id()}", json={"text": "Hello"})).status_code == 404
            assert (await http.get(f"{API}/unread")).json()["conversations"] == []


async def test_whoever_joins_reads_from_then_on(practice: Practice, team: Pair) -> None:
    third = Person(Role.therapist, "Third")
    await wrote(practice, team, team.client, "before", ago=2 * DAY)
    await practice.know(third)
    await practice.care(team.client, third, started=DAY)
    [found] = await teams_of(practice, third)
    assert (found["last_sequence"], found["last_message_at"], found["unread"]) == (0, None, 0)
    assert await texts(practice, team, third) == []
    await practice.send(team, team.client, "after")
    assert await texts(practice, team, third) == ["after"]
    assert await texts(practice, team, team.therapist) == ["before", "after"]
    [found] = await teams_of(practice, third)
    assert (found["last_sequence"], found["unread"]) == (2, 1)


async def test_whoever_leaves_reads_their_time_for_fourteen_days_and_writes_no_more(
    practice: Practice, team: Pair, second: Pair
) -> None:
    await wrote(practice, team, team.client, "in their time", ago=2 * DAY)
    await practice.end_care(second, ago=DAY)
    await practice.send(team, team.client, "after it")
    assert await texts(practice, team, second.therapist) == ["in their time"]
    [found] = await teams_of(practice, second.therapist)
    assert (found["closed"], found["last_sequence"], found["unread"]) == ("care_ended", 1, 1)
    assert datetime.now(UTC) - datetime.fromisoformat(found["closed_at"]) < DAY + HOUR
    async with practice.signed_in(second.therapist) as http:
        assert (await http.put(f"{team.messages}/{new_id()}", json={"text": "Hello"})).status_code == 403
        later = (await practice.read(team, team.client))[-1]
        assert (await http.get(f"{team.messages}/{later['id']}")).status_code == 404
        reply = {"text": "Hello", "reply_to": later["id"]}
        assert (await http.put(f"{team.messages}/{new_id()}", json=reply)).status_code == 403
    await practice.end_care(second, ago=15 * DAY)
    assert await teams_of(practice, second.therapist) == []
    assert (await teams_of(practice, team.client))[0]["closed"] is None
    assert [one["present"] for one in (await teams_of(practice, team.client))[0]["team"]].count(False) == 1


async def test_whoever_comes_back_reads_both_of_their_times(practice: Practice, team: Pair, second: Pair) -> None:
    for words, ago in (("first time", 40 * DAY), ("away", 20 * DAY)):
        await wrote(practice, team, team.client, words, ago=ago)
    await practice.end_care(second, ago=30 * DAY)
    await practice.care(team.client, second.therapist, started=DAY)
    await practice.send(team, team.client, "back")
    assert await texts(practice, team, second.therapist) == ["first time", "back"]


async def test_a_mark_of_whoever_left_counts_nothing_from_after_it(
    practice: Practice, team: Pair, second: Pair
) -> None:
    await wrote(practice, team, team.client, "to both", ago=2 * A_WHILE)
    await practice.end_care(second)
    for _ in range(3):
        await practice.send(team, team.client, "to the one who is left")
    async with practice.signed_in(second.therapist) as http:
        marked = (await http.put(f"{team.path}/read-mark", json={"sequence": 2**63 - 1})).json()
        assert (marked["sequence"], marked["unread"]) == (1, 0)
    [left] = await teams_of(practice, second.therapist)
    assert (left["last_sequence"], left["read_sequence"]) == (1, 1)


async def test_what_was_sent_before_it_was_heard_that_care_had_ended_is_there_for_its_writer(
    practice: Practice, team: Pair, second: Pair
) -> None:
    path = f"{team.messages}/{new_id()}"
    async with practice.signed_in(second.therapist) as http:
        assert (await http.put(path, json={"text": "A last word"})).status_code == 201
        await practice.end_care(second, ago=A_WHILE)
        again = await http.put(path, json={"text": "A last word"})
    assert (again.status_code, again.json()["text"]) == (200, "A last word")
    assert await texts(practice, team, second.therapist) == ["A last word"]
    assert await texts(practice, team, team.therapist) == ["A last word"]


async def test_the_id_of_a_message_that_one_does_not_read_is_taken(practice: Practice, team: Pair) -> None:
    before = await wrote(practice, team, team.client, "to the two", ago=DAY)
    third = Person(Role.therapist, "Kim Okafor")
    await practice.know(third)
    await practice.care(team.client, third, started=HOUR)
    async with practice.signed_in(third) as http:
        taken = await http.put(f"{team.messages}/{before['id']}", json={"text": "to the two"})
    assert (taken.status_code, "to the two" in taken.text) == (409, False)


async def test_whoever_joins_one_that_was_switched_off_learns_nothing_of_it(practice: Practice, team: Pair) -> None:
    await wrote(practice, team, team.client, "to the two", ago=DAY)
    await practice.want_care_teams(False)
    third = Person(Role.therapist, "Kim Okafor")
    await practice.know(third)
    await practice.care(team.client, third, started=HOUR)
    assert await teams_of(practice, third) == []
    assert len(await teams_of(practice, team.therapist)) == 1
    async with practice.signed_in(third) as http:
        assert (await http.get(team.messages)).status_code == 404


async def test_when_nobody_treats_the_client_they_read_and_nobody_writes(
    practice: Practice, team: Pair, pair: Pair, second: Pair
) -> None:
    await wrote(practice, team, team.client, "Hello", ago=2 * DAY)
    await practice.end_care(second, ago=DAY)
    await practice.send(team, team.client, "to one")
    await practice.end_care(pair)
    [found] = await teams_of(practice, team.client)
    assert (found["closed"], found["last_sequence"]) == ("care_ended", 2)
    assert datetime.now(UTC) - datetime.fromisoformat(found["closed_at"]) < HOUR
    assert len(await texts(practice, team, team.client)) == 2
    async with practice.signed_in(team.client) as http:
        assert (await http.put(f"{team.messages}/{new_id()}", json={"text": "Hello"})).status_code == 403


async def test_switched_off_it_is_read_and_not_written_and_on_again_it_goes_on(practice: Practice, team: Pair) -> None:
    sent = await practice.send(team, team.client, "Hello")
    await practice.want_care_teams(False)
    for person in (team.client, team.therapist):
        [found] = await teams_of(practice, person)
        assert (found["closed"], found["closed_at"]) == ("switched_off", None)
        assert await texts(practice, team, person) == ["Hello"]
        async with practice.signed_in(person) as http:
            assert (await http.put(f"{team.messages}/{new_id()}", json={"text": "Hello"})).status_code == 403
    async with practice.signed_in(team.client) as http:
        again = await http.put(f"{team.messages}/{sent['id']}", json={"text": "Hello"})
        assert (again.status_code, again.json()["sequence"]) == (200, 1)
        assert (await http.put(f"{team.messages}/{sent['id']}/withdrawal")).status_code == 403
    await practice.want_care_teams()
    assert (await practice.send(team, team.therapist, "on again"))["sequence"] == 2


async def test_switched_off_before_a_word_was_written_there_is_none(practice: Practice, team: Pair) -> None:
    await practice.want_care_teams(False)
    assert await teams_of(practice, team.client) == []
    async with practice.signed_in(team.client) as http:
        assert (await http.get(team.path)).status_code == 404


# ---- lines


async def test_lines_say_who_joined_and_left_and_when(practice: Practice, team: Pair, second: Pair) -> None:
    third = Person(Role.therapist, "Third")
    await practice.know(third)
    await wrote(practice, team, team.client, "one", ago=40 * DAY)
    joined = await practice.care(team.client, third, started=30 * DAY)
    await wrote(practice, team, team.client, "two", ago=20 * DAY)
    await practice.care(team.client, third, joined, started=30 * DAY, ended=10 * DAY)
    await wrote(practice, team, team.client, "three", ago=5 * DAY)
    first = sorted([("joins", team.therapist.name, 0), ("joins", second.therapist.name, 0)])
    all_of_it = [("joins", "Third", 1), ("leaves", "Third", 2)]
    found = await lines(practice, team, team.client)
    assert (sorted(found[:2]), found[2:]) == (first, all_of_it)
    assert await lines(practice, team, team.client, before=4, limit=1) == []
    assert await lines(practice, team, team.client, before=3, limit=1) == [("leaves", "Third", 2)]
    assert await lines(practice, team, third) == [("joins", "Third", 0), ("leaves", "Third", 2)]


async def test_a_joiners_page_has_their_line_before_the_first_message(practice: Practice, team: Pair) -> None:
    third = Person(Role.therapist, "Third")
    await practice.know(third)
    await wrote(practice, team, team.client, "before", ago=2 * DAY)
    await practice.care(team.client, third, started=DAY)
    assert await lines(practice, team, third, before=99) == [("joins", "Third", 0)]
    for number in (2, 3):
        assert (await practice.send(team, team.client, "after"))["sequence"] == number
    assert await lines(practice, team, third, before=99) == [("joins", "Third", 0)]
    assert await lines(practice, team, third, after=1) == [("joins", "Third", 0)]  # an open page looks again like this
    assert await lines(practice, team, third, after=2) == []


async def test_all_are_told_who_stands_in_for_one_of_them(practice: Practice, team: Pair, second: Pair) -> None:
    standing_in = Person(Role.therapist, "Standing In")
    await practice.know(standing_in)
    await wrote(practice, team, team.client, "Hello", ago=2 * DAY)
    before = await heard(practice, second.therapist)
    await tell_cover(practice, team, standing_in)
    for person in (team.client, team.therapist, second.therapist):
        async with practice.signed_in(person) as http:
            found = (await http.get(team.messages)).json()["covers"]
        [line] = [one for one in found["items"] if one["kind"] == "cover_begins"]
        assert (line["covering"]["name"], line["covered"]["name"]) == (standing_in.name, team.therapist.name)
        assert found["next_at"] == line["ends_at"]
    assert await heard(practice, second.therapist) != before
    assert await teams_of(practice, standing_in) == []


async def tell_cover(practice: Practice, team: Pair, standing_in: Person) -> None:
    """From yesterday until tomorrow, for the first therapist."""
    now = datetime.now(UTC)
    cover = GrantFact(
        id=new_id(),
        kind="cover",
        client_id=team.client.id,
        therapist_id=standing_in.id,
        covered_id=team.therapist.id,
        starts_at=now - DAY,
        ends_at=now + DAY,
        as_of=now,
    )
    async with practice.arrange() as session:
        await COPY.apply_grants(session, [cover])


async def heard(practice: Practice, person: Person) -> str | None:
    async with practice.signed_in(person) as http:
        told: str | None = (await http.get(f"{API}/unread")).json()["covers_as_of"]
    return told


async def test_open_pages_learn_that_somebody_joined(practice: Practice, team: Pair, second: Pair) -> None:
    people = (team.client, team.therapist, second.therapist)
    before = [await heard(practice, person) for person in people]
    await practice.care(team.client, second.therapist, second.care_id, ended=A_WHILE)
    after = [await heard(practice, person) for person in people]
    assert all(one != other for one, other in zip(before, after, strict=True))


async def test_a_colleague_whose_end_is_planned_is_woken_until_then(
    practice: Practice, team: Pair, second: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[set[UUID]] = []

    async def wake(_: AsyncSession, conversation: UUID | None, people: Sequence[UUID]) -> None:
        assert conversation is None
        woken.append(set(people))

    monkeypatch.setattr("afterglow_messaging.people.receiving.wake", wake)
    for ends_at in (datetime.now(UTC) + DAY, datetime.now(UTC) - HOUR):
        await practice.care(team.client, second.therapist, second.care_id, ended=ends_at)
        await tell_cover(practice, team, second.therapist)
    two = {team.client.id, team.therapist.id}
    assert woken == [two | {second.therapist.id}, two]


# ---- what goes with messages


async def test_one_answer_answers_for_all_and_each_says_for_themselves_that_none_is_needed(
    practice: Practice, team: Pair, second: Pair
) -> None:
    async def waiting(person: Person) -> list[tuple[str, bool]]:
        async with practice.signed_in(person) as http:
            return [(one["id"], one["care_team"]) for one in (await http.get(f"{API}/waiting")).json()["items"]]

    both, wanted = (team.therapist, second.therapist), [(str(team.conversation_id), True)]
    await practice.send(team, team.client, "A question")
    assert [await waiting(person) for person in both] == [wanted, wanted]
    async with practice.signed_in(team.therapist) as http:
        said = await http.put(f"{team.path}/no-answer-needed", json={"sequence": 1})
        assert said.status_code == 204
    assert [await waiting(person) for person in both] == [[], wanted]
    await practice.send(team, team.client, "Another")
    await practice.send(team, second.therapist, "An answer")
    assert [await waiting(person) for person in both] == [[], []]
    await practice.send(team, team.client, "And one more")
    await practice.want_care_teams(False)
    assert [await waiting(person) for person in both] == [[], []]


async def test_nobody_is_told_who_has_seen_it(practice: Practice, team: Pair, second: Pair) -> None:
    """Of three, "seen by one" names who has not (decision 0058)."""
    people = (team.client, team.therapist, second.therapist)
    for person in people:
        async with practice.signed_in(person) as http:
            await http.put(f"{API}/seen-choice", json={"tells": True})
    await practice.send(team, team.client, "Hello")
    for person in people[1:]:
        await practice.mark(team, person, 1)
    for person in people:
        async with practice.signed_in(person) as http:
            assert (await http.get(f"{team.path}/seen-mark")).json() == {"tells": True, "sequence": None}


async def test_only_who_wrote_it_changes_it_and_all_see_that(practice: Practice, team: Pair, second: Pair) -> None:
    sent = await practice.send(team, team.therapist, "Helo")
    body = {"id": str(new_id()), "text": "Mine", "replaces": 0}
    for person in (team.client, second.therapist):
        async with practice.signed_in(person) as http:
            assert (await http.post(f"{team.messages}/{sent['id']}/versions", json=body)).status_code == 403
            assert (await http.put(f"{team.messages}/{sent['id']}/withdrawal")).status_code == 403
    await practice.correct(team, team.therapist, sent, "Hello")
    for person in (team.client, second.therapist):
        assert await texts(practice, team, person) == ["Hello"]
        async with practice.signed_in(person) as http:
            said = (await http.get(f"{team.messages}/{sent['id']}/versions")).json()["items"]
            assert [one["text"] for one in said] == ["Helo", "Hello"]


async def test_it_is_searched_as_far_as_one_reads_it(practice: Practice, team: Pair) -> None:
    third = Person(Role.therapist, "Third")
    await practice.know(third)
    await wrote(practice, team, team.client, "a harbour before", ago=2 * DAY)
    await practice.care(team.client, third, started=DAY)
    await practice.send(team, team.therapist, "a harbour after")
    for person, expected in ((team.client, 2), (team.therapist, 2), (third, 1)):
        async with practice.signed_in(person) as http:
            found = (await http.post(f"{API}/searches", json={"q": "harbour"})).json()
        assert (len(found["items"]), found["searched"]) == (expected, expected)
        assert {hit["therapist"] for hit in found["items"]} == {None}
        assert team.therapist.name in {one["name"] for one in found["items"][0]["team"]}


async def test_it_is_taken_out_as_far_as_one_reads_it(practice: Practice, team: Pair, second: Pair) -> None:
    await wrote(practice, team, team.client, "in their time", ago=2 * DAY)
    await practice.end_care(second, ago=DAY)
    await practice.send(team, team.therapist, "after it")
    for person, expected in ((team.client, ["in their time", "after it"]), (second.therapist, ["in their time"])):
        async with practice.signed_in(person, auth_time=int(datetime.now(UTC).timestamp())) as http:
            taken = (await http.post(f"{team.path}/exports")).json()
        assert [one["text"] for one in taken["messages"]] == expected
        assert (taken["therapist"], len(taken["team"]), taken["version"]) == (None, 2, 3)
        assert ("leaves", second.therapist.name) in [(line["kind"], line["member"]["name"]) for line in taken["covers"]]


async def test_its_hours_are_told_and_no_answering_time(practice: Practice, team: Pair) -> None:
    """A team has no typical time: the next answer may be another's."""
    async with practice.signed_in(team.client) as http:
        assert (await http.get(f"{team.path}/availability")).json()["answers"] is None


async def test_it_comes_in_with_a_demonstration(
    practice: Practice, settings: Settings, team: Pair, second: Pair
) -> None:
    at = datetime.now(UTC).replace(microsecond=0) - 3 * DAY
    people = [team.client, team.therapist, second.therapist]
    messages = [ImportedMessage(one.id, f"from {one.name}", at + number * HOUR) for number, one in enumerate(people)]
    for _ in range(2):
        await import_team_conversation(
            practice.database,
            make_store(settings),
            client_id=team.client.id,
            therapist_ids=[team.therapist.id, second.therapist.id],
            messages=messages,
        )
    assert await texts(practice, team, team.client) == [one.text for one in messages]
    own = replace(team, conversation_id=second.conversation_id)
    assert await practice.read(own, team.client) == []
