"""Who stands in for a conversation's therapist is a line among its messages, worked out from what auth told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.facts import GrantFact
from afterglow_foundation.testing.people import Person
from afterglow_messaging.conversations.schemas import PartyOut
from afterglow_messaging.covers.lines import Stretch, joined
from afterglow_messaging.people.receiving import COPY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.messaging.practice import API, Pair, Practice
from tests.messaging.test_exports import take_out

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOURS = [timedelta(hours=hours) for hours in range(100)]
SENT = text("UPDATE messages SET sent_at = :at WHERE id = :id")


@dataclass
class Told:
    """One cover as auth tells it: hours from now, past ones negative."""

    pair: Pair
    covering: Person
    starts: int
    ends: int
    id: UUID = field(default_factory=new_id)

    def fact(self, **changes: Any) -> GrantFact:
        now = datetime.now(UTC)
        values = {"id": self.id, "kind": "cover", "client_id": self.pair.client.id, "therapist_id": self.covering.id}
        values |= {"covered_id": self.pair.therapist.id, "as_of": now}
        values |= {"starts_at": now + timedelta(hours=self.starts), "ends_at": now + timedelta(hours=self.ends)}
        return GrantFact.model_validate(values | changes)


async def tell(practice: Practice, *facts: GrantFact) -> None:
    async with practice.arrange() as session:
        await COPY.apply_grants(session, facts)


async def said(practice: Practice, pair: Pair, *hours_ago: int) -> list[dict[str, Any]]:
    """Messages, each sent that long ago."""
    sent = [await practice.send(pair, pair.client, "Hello") for _ in hours_ago]
    async with practice.arrange() as session:
        for message, hours in zip(sent, hours_ago, strict=True):
            await session.execute(SENT, {"id": message["id"], "at": datetime.now(UTC) - timedelta(hours=hours)})
    return sent


async def page(practice: Practice, pair: Pair, reader: Person, **params: int) -> dict[str, Any]:
    async with practice.signed_in(reader) as http:
        answer = await http.get(pair.messages, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def places(found: dict[str, Any]) -> list[tuple[str, int]]:
    return [(line["kind"], line["after"]) for line in found["covers"]["items"]]


@pytest.mark.parametrize("party", ["client", "therapist"])
async def test_both_read_who_stood_in_at_its_place(
    *, practice: Practice, pair: Pair, other_therapist: Person, party: str
) -> None:
    await practice.know(other_therapist)
    await said(practice, pair, 50, 30, 10)
    cover = Told(pair, other_therapist, -40, -20)
    await tell(practice, cover.fact())
    found = await page(practice, pair, getattr(pair, party))
    assert places(found) == [("cover_begins", 1), ("cover_ends", 2)]
    begins, ends = found["covers"]["items"]
    assert begins["covering"] == {"id": str(other_therapist.id), "name": other_therapist.name}
    assert (begins["at"], ends["at"]) == (begins["starts_at"], begins["ends_at"])
    assert found["covers"]["next_at"] is None


async def test_told_again_late_or_changed_it_is_said_once(
    practice: Practice, pair: Pair, other_therapist: Person
) -> None:
    await practice.know(other_therapist)
    await said(practice, pair, 50)
    cover = Told(pair, other_therapist, -40, 20)
    first, ended = cover.fact(), cover.fact(ends_at=datetime.now(UTC) - timedelta(hours=1))
    before = [(await tell(practice, fact), await page(practice, pair, pair.client))[1] for fact in (first, first)]
    assert places(before[0]) == [("cover_begins", 1)]
    assert before[0] == before[1]
    for fact in (ended, first, ended):
        await tell(practice, fact)
    after = await page(practice, pair, pair.client)
    assert places(after) == [("cover_begins", 1), ("cover_ends", 1)]
    assert after["covers"]["items"][0]["id"] == before[0]["covers"]["items"][0]["id"]


async def test_what_is_to_come_is_not_said_yet(practice: Practice, pair: Pair, other_therapist: Person) -> None:
    """An open page learns when to look again. What was taken back before it began is never said."""
    await practice.know(other_therapist)
    cover, taken_back = Told(pair, other_therapist, 3, 8), Told(pair, other_therapist, 1, 2)
    await tell(practice, cover.fact(), taken_back.fact(ends_at=datetime.now(UTC) + timedelta(hours=1)))
    found = await page(practice, pair, pair.client)
    assert found["covers"]["items"] == []
    expected = datetime.now(UTC) + timedelta(hours=3)
    assert abs(datetime.fromisoformat(found["covers"]["next_at"]) - expected) < timedelta(minutes=1)


async def test_each_line_is_on_one_page(practice: Practice, pair: Pair, other_therapist: Person) -> None:
    await practice.know(other_therapist)
    await said(practice, pair, 50, 40, 30, 20)
    await tell(
        practice,
        Told(pair, other_therapist, -60, -55).fact(),
        Told(pair, other_therapist, -35, -25).fact(),
        Told(pair, other_therapist, -10, 5).fact(),
    )
    read: list[tuple[str, int]] = []
    for before in (5, 4, 3, 2):
        read = places(await page(practice, pair, pair.client, before=before, limit=1)) + read
    whole = places(await page(practice, pair, pair.client, limit=200))
    assert whole == [
        ("cover_begins", 0),
        ("cover_ends", 0),
        ("cover_begins", 2),
        ("cover_ends", 3),
        ("cover_begins", 4),
    ]
    assert read == whole
    behind_the_last = await page(practice, pair, pair.client, after=4)
    assert (behind_the_last["items"], places(behind_the_last)) == ([], [("cover_begins", 4)])
    for beyond in (5, 2**63 - 1):
        assert places(await page(practice, pair, pair.client, after=beyond)) == []


async def test_an_empty_conversation_has_its_lines(practice: Practice, pair: Pair, other_therapist: Person) -> None:
    await practice.know(other_therapist)
    await tell(practice, Told(pair, other_therapist, -3, 3).fact())
    assert places(await page(practice, pair, pair.client)) == [("cover_begins", 0)]


async def test_it_is_of_this_conversation_alone(
    practice: Practice, pair: Pair, other_pair: Pair, other_therapist: Person
) -> None:
    """Not where the client has another therapist, not of other clients, not before care, and no emergency."""
    second = await practice.pair_up(pair.client, other_pair.therapist)
    await tell(
        practice,
        Told(pair, other_therapist, -3, 3).fact(),
        Told(pair, other_therapist, -9, 1).fact(kind="break_glass", covered_id=None, reason_code="danger"),
        Told(pair, other_therapist, -6, 2).fact(covered_id=None),
        Told(pair, other_therapist, -100 * 24, -99 * 24).fact(),  # care began ninety days ago
    )
    assert places(await page(practice, pair, pair.client)) == [("cover_begins", 0)]
    for other in (second, other_pair):
        assert places(await page(practice, other, other.client)) == []
        assert places(await page(practice, other, other.therapist)) == []


async def test_whoever_stands_in_reads_nothing_of_it(practice: Practice, pair: Pair, other_therapist: Person) -> None:
    """The line opens no conversation (decision 0048), not even that there is one."""
    await practice.know(other_therapist)
    await tell(practice, Told(pair, other_therapist, -3, 3).fact())
    async with practice.signed_in(other_therapist) as http:
        assert (await http.get(pair.messages)).status_code == 404
        assert (await http.get(f"{API}/conversations")).json()["items"] == []
        assert (await http.get(f"{API}/unread")).json()["covers_as_of"] is None


@pytest.mark.parametrize("party", ["client", "therapist"])
async def test_names_are_known_of_covers_alone(
    *, practice: Practice, pair: Pair, other_therapist: Person, party: str
) -> None:
    """In the database itself: an emergency tells messaging's reader no name, and whoever stands in learns none."""
    await practice.know(other_therapist)
    person: Person = getattr(pair, party)
    await tell(practice, Told(pair, other_therapist, -3, 3).fact(kind="break_glass", covered_id=None))
    assert other_therapist.id not in await known(practice, person)
    await tell(practice, Told(pair, other_therapist, -3, 3).fact())
    assert other_therapist.id in await known(practice, person)
    assert await known(practice, other_therapist) == {other_therapist.id}


async def known(practice: Practice, person: Person) -> set[UUID]:
    async with practice.database.unit_of_work(RowContext(person.id, Role(person.role))) as session:
        return set(await session.scalars(text("SELECT id FROM people")))


async def test_open_pages_are_woken_and_know_that_something_changed(
    practice: Practice, pair: Pair, other_therapist: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[Sequence[UUID]] = []

    async def wake(_: AsyncSession, conversation: UUID | None, people: Sequence[UUID]) -> None:
        assert conversation is None
        woken.append(people)

    monkeypatch.setattr("afterglow_messaging.people.receiving.wake", wake)
    await practice.know(other_therapist)
    seen = []
    cover = Told(pair, other_therapist, -3, 3)
    for fact in (None, cover.fact(), cover.fact(ends_at=datetime.now(UTC))):
        await tell(practice, *([fact] if fact else []))
        async with practice.signed_in(pair.therapist) as http:
            seen.append((await http.get(f"{API}/unread")).json()["covers_as_of"])
    assert seen[0] is None
    assert len(set(seen)) == 3
    assert woken == [[pair.client.id, pair.therapist.id]] * 2


async def test_they_go_with_an_export(practice: Practice, pair: Pair, other_therapist: Person) -> None:
    await practice.know(other_therapist)
    await said(practice, pair, 50, 10)
    await tell(practice, Told(pair, other_therapist, -40, -20).fact())
    status, taken = await take_out(practice, pair, pair.client)
    assert (status, [(line["kind"], line["after"]) for line in taken["covers"]]) == (
        200,
        [("cover_begins", 1), ("cover_ends", 1)],
    )


COVERING, ANOTHER = PartyOut(id=new_id(), name="One"), PartyOut(id=new_id(), name="Two")


@pytest.mark.parametrize(
    ("told", "whole"),
    [
        ([(1, 3), (5, 7)], [(1, 3), (5, 7)]),
        ([(1, 3), (3, 7)], [(1, 7)]),
        ([(2, 9), (1, 3), (4, 5)], [(1, 9)]),
        ([(1, 3), (1, 3)], [(1, 3)]),
        ([], []),
    ],
)
def test_nobody_leaves_in_order_to_go_on(told: list[tuple[int, int]], whole: list[tuple[int, int]]) -> None:
    stretches = [Stretch(COVERING, NOW + HOURS[start], NOW + HOURS[end]) for start, end in told]
    others = [Stretch(ANOTHER, NOW, NOW + HOURS[99])]
    found = [(one.starts_at, one.ends_at) for one in joined(others + stretches) if one.person == COVERING]
    assert found == [(NOW + HOURS[start], NOW + HOURS[end]) for start, end in whole]
    assert [one for one in joined(others + stretches) if one.person == ANOTHER] == others
