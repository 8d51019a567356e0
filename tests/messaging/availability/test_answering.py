"""How soon a therapist answers, measured from the record: coarse, from enough of it, and nobody else's to see."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from typing import Any, Literal
from uuid import UUID

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.database import SET_CONTEXT, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.messaging.practice import Pair, Practice

INSERT = text("""
    INSERT INTO messages (conversation_id, id, sequence, sender_id, sealed_text, digest, sent_at, withdrawn_at)
    VALUES (:conversation, :id, :sequence, :sender, 'x', 'x', :sent_at, :withdrawn_at)
""")
MOVE = text("UPDATE conversations SET last_sequence = :sequence, last_message_at = :sent_at WHERE id = :conversation")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Party = Literal["client", "therapist"]
Line = tuple[timedelta, Party]


async def record(practice: Practice, pair: Pair, lines: Sequence[Line], *, withdrawn: Sequence[int] = ()) -> None:
    """Put messages in place: how long ago each was sent, and by whom."""
    now = datetime.now(UTC)
    async with practice.arrange() as session:
        for number, (ago, party) in enumerate(lines, start=1):
            sent_at, sender = now - ago, pair.client if party == "client" else pair.therapist
            values = {"conversation": pair.conversation_id, "sequence": number, "sent_at": sent_at}
            taken_back = sent_at + HOUR if number in withdrawn else None
            await session.execute(INSERT, {**values, "id": new_id(), "sender": sender.id, "withdrawn_at": taken_back})
        await session.execute(MOVE, values)


def answered(*waits: timedelta, first: timedelta = 40 * DAY) -> list[Line]:
    """One exchange a day, each of which a therapist answered after so long."""
    return [
        line
        for number, waited in enumerate(waits)
        for line in ((first - number * DAY, "client"), (first - number * DAY - waited, "therapist"))
    ]


async def answers(practice: Practice, pair: Pair, reader: Person | None = None) -> Any:
    async with practice.signed_in(reader or pair.client) as http:
        found = await http.get(f"{pair.path}/availability")
    assert found.status_code == 200, found.text
    return found.json()["answers"]


def figures(half: int | None, nine_in_ten: int | None) -> dict[str, Any]:
    return {"half_within": half, "nine_in_ten_within": nine_in_ten, "weeks": 8}


async def colleagues(practice: Practice, therapist: Person, number: int) -> list[Pair]:
    """Other clients of the same therapist."""
    return [await practice.pair_up(Person(Role.client, f"Client {one}"), therapist) for one in range(number)]


async def test_of_few_answers_nothing_is_said(practice: Practice, pair: Pair) -> None:
    assert await answers(practice, pair) is None
    await record(practice, pair, answered(*[2 * HOUR] * 4))
    assert await answers(practice, pair) is None


async def test_five_of_ones_own_are_enough(practice: Practice, pair: Pair) -> None:
    await record(practice, pair, answered(2 * HOUR, 2 * HOUR, 3 * HOUR, 5 * HOUR, 20 * HOUR))
    for reader in (pair.client, pair.therapist):
        assert await answers(practice, pair, reader) == figures(4, 24)


async def test_what_takes_longer_than_a_week_has_no_number(practice: Practice, pair: Pair) -> None:
    waits = [(50 * DAY, "client"), (49 * DAY, "therapist"), (48 * DAY, "client"), (46 * DAY, "therapist"),
             (45 * DAY, "client"), (44 * DAY, "therapist"), (43 * DAY, "client"), (35 * DAY, "therapist"),
             (30 * DAY, "client"), (20 * DAY, "therapist")]  # fmt: skip
    await record(practice, pair, waits)  # type: ignore[arg-type]  # a list of literals is inferred as one of strings
    assert await answers(practice, pair) == figures(48, None)


@pytest.mark.parametrize(
    ("lines", "half"),
    [
        # The wait begins with the first of several messages, and ends with the first of several answers.
        ([(30, "client"), (28, "client"), (27, "client"), (26, "therapist"), (1, "therapist")], 4),
        # A thank-you that needs no answer begins no wait for what is asked four days later; two days later it does.
        ([(120, "client"), (20, "client"), (18, "therapist")], 2),
        ([(70, "client"), (22, "client"), (18, "therapist")], 72),
        # A therapist's second message in a row answers nothing, and what nobody has answered is no wait yet.
        ([(30, "therapist"), (29, "therapist"), (20, "client"), (18, "therapist"), (10, "client")], 2),
    ],
)
async def test_what_a_wait_is(practice: Practice, pair: Pair, lines: list[tuple[int, Party]], half: int) -> None:
    """The same in each of five weeks; numbers are hours before the week's end."""
    written: list[Line] = [(week * 7 * DAY + hours * HOUR, party) for week in range(5, 0, -1) for hours, party in lines]
    await record(practice, pair, written)
    assert (await answers(practice, pair))["half_within"] == half


async def test_a_withdrawn_message_waits_for_nothing(practice: Practice, pair: Pair) -> None:
    lines = answered(*[2 * HOUR] * 5)
    early: list[Line] = [(41 * DAY, "client")]
    await record(practice, pair, [*early, *lines], withdrawn=[1])
    assert await answers(practice, pair) == figures(2, 2)


async def test_others_count_from_five_conversations_with_ten_answers_on(practice: Practice, pair: Pair) -> None:
    others = await colleagues(practice, pair.therapist, 4)
    await record(practice, pair, answered(*[HOUR / 2] * 3))
    for other in others[:3]:
        await record(practice, other, answered(*[6 * HOUR] * 3))
    assert await answers(practice, pair) is None  # four conversations, and too few of one's own
    await record(practice, others[3], answered(6 * HOUR))
    assert await answers(practice, pair) == figures(8, 8)  # 3 + 9 + 1 in five of them
    newcomer = await practice.pair_up(Person(Role.client, "Newcomer"), pair.therapist)
    assert await answers(practice, newcomer) == figures(8, 8)  # who needs it most: they have no answers yet


async def test_nine_answers_are_too_few(practice: Practice, pair: Pair) -> None:
    await record(practice, pair, answered(HOUR))
    for other in await colleagues(practice, pair.therapist, 4):
        await record(practice, other, answered(HOUR, HOUR))
    assert await answers(practice, pair) is None


async def test_below_that_nobody_learns_of_others_through_it(practice: Practice, pair: Pair) -> None:
    await record(practice, pair, answered(*[HOUR / 2] * 5))
    for other in await colleagues(practice, pair.therapist, 3):
        await record(practice, other, answered(*[50 * HOUR] * 10))
    assert await answers(practice, pair) == figures(1, 1)


async def test_another_therapists_answers_are_not_in_it(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    await record(practice, other_pair, answered(*[2 * HOUR] * 6))
    assert await answers(practice, pair) is None


async def test_what_is_older_than_eight_weeks_is_history(practice: Practice, pair: Pair) -> None:
    old = answered(*[50 * HOUR] * 6, first=90 * DAY)
    assert await record(practice, pair, [*old, *answered(*[HOUR / 2] * 4)]) is None
    assert await answers(practice, pair) is None


async def test_of_a_long_conversation_the_last_hundred_messages_are_looked_at(practice: Practice, pair: Pair) -> None:
    """So it costs the same after ten years."""
    slow = answered(*[20 * HOUR] * 5, first=50 * DAY)
    quick: list[Line] = [
        line
        for number in range(50)
        for line in ((DAY * 30 - number * HOUR, "client"), (DAY * 30 - number * HOUR - HOUR / 2, "therapist"))
    ]
    await record(practice, pair, [*slow, *quick])
    assert await answers(practice, pair) == figures(1, 1)


async def test_once_care_has_ended_it_says_nothing(practice: Practice, pair: Pair) -> None:
    await record(practice, pair, answered(*[2 * HOUR] * 6))
    await practice.end_care(pair)
    assert await answers(practice, pair) is None


async def test_the_figures_are_those_of_the_waits(practice: Practice, pair: Pair) -> None:
    """Against the standard library, for waits of which no two are in one step."""
    waits = [HOUR * hours / 2 for hours in (1, 3, 7, 9, 15, 20, 40, 43, 46)]
    await record(practice, pair, answered(*waits))
    half = quantiles([wait / HOUR for wait in waits], n=2, method="inclusive")[0]
    assert half == 7.5  # the fifth of nine
    assert await answers(practice, pair) == figures(8, 24)


ASK = text("SELECT count(*) FROM answering_times(:conversation)")


async def asked_as(database: RolledBackDatabase, conversation: UUID, person: UUID | None, role: Role | None) -> int:
    await database.connection.execute(SET_CONTEXT, RowContext(person, role).parameters())
    return (await database.connection.execute(ASK, {"conversation": conversation})).scalar_one()


async def test_the_function_answers_the_two_parties_alone(
    practice: Practice, database: RolledBackDatabase, pair: Pair, other_pair: Pair
) -> None:
    await record(practice, pair, answered(*[2 * HOUR] * 6))
    asked = pair.conversation_id
    for person in (pair.client, pair.therapist):
        assert await asked_as(database, asked, person.id, person.role) == 1
        for role in (Role.admin, Role.service, None):
            assert await asked_as(database, asked, person.id, role) == 0
    for person in (other_pair.client, other_pair.therapist):
        assert await asked_as(database, asked, person.id, person.role) == 0
    assert await asked_as(database, asked, None, None) == 0
    swapped = {pair.client: Role.therapist, pair.therapist: Role.client}
    for person, role in swapped.items():
        assert await asked_as(database, asked, person.id, role) == 0


async def test_no_other_role_may_call_it(database: RolledBackDatabase, pair: Pair) -> None:
    async with database.as_role("messaging_worker"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.connection.begin_nested():
                await asked_as(database, pair.conversation_id, pair.client.id, Role.client)
