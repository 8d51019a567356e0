"""A care team in any order of joining, leaving, writing, breaking off and switching off: each reads their own time.

The conversations of two have a machine of their own (`tests/messaging/test_state_machine.py`).
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person
from afterglow_messaging.conversations.models import Conversation
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sqlalchemy import select
from sqlmodel import col

from tests.assurance import LONG
from tests.messaging.machine.running import run_machine
from tests.messaging.machine.world import BREAKS, World
from tests.messaging.practice import API, CONVERSATIONS

EXAMPLES = 100 if LONG else 12
STEPS = 40
CLIENT, THERAPISTS = "Rowan", ("Imani", "Tomas", "Wren")
NAMES = (CLIENT, *THERAPISTS)
LATELY = timedelta(days=14)
MOSTLY = st.sampled_from([True, True, True, False])
NAME, THERAPIST, COPIES = st.sampled_from(NAMES), st.sampled_from(THERAPISTS), st.integers(0, 1)


@dataclass
class Care:
    """From when until when somebody treats the client."""

    therapist: str
    id: UUID
    began: datetime
    ended: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        return self.began <= moment and (self.ended is None or moment <= self.ended)


@dataclass
class Model:
    people: dict[str, Person]
    cares: list[Care] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    marks: Counter[str] = field(default_factory=Counter)
    on: bool = False
    opened: bool = False

    def of(self, name: str) -> list[Care]:
        return [care for care in self.cares if care.therapist == name]

    def live(self, name: str) -> Care | None:
        return next((care for care in self.of(name) if care.ended is None), None)

    def finds(self, name: str) -> bool:
        """Whether the conversation is there for this person."""
        if not self.opened or not (self.reads(name) or self.on):
            return False
        since = datetime.now(UTC) - LATELY
        return name == CLIENT or any(care.ended is None or care.ended > since for care in self.of(name))

    def writes(self, name: str) -> bool:
        return self.on and any(self.live(one) for one in (THERAPISTS if name == CLIENT else [name]))

    def reads(self, name: str) -> list[dict[str, Any]]:
        return [one for one in self.sent if name == CLIENT or self.is_for(name, one)]

    def is_for(self, therapist: str, message: dict[str, Any]) -> bool:
        """Written in their time, or by themselves before it was heard that it was over."""
        at = datetime.fromisoformat(message["sent_at"])
        own = message["sender_id"] == str(self.people[therapist].id)
        return own or any(care.holds(at) for care in self.of(therapist))

    def newest(self, name: str) -> int:
        return max((one["sequence"] for one in self.reads(name)), default=0)

    def unread(self, name: str) -> int:
        own = str(self.people[name].id)
        return sum(one["sequence"] > self.marks[name] and one["sender_id"] != own for one in self.reads(name))


class CareTeam(RuleBasedStateMachine):
    def __init__(self, world: World, counted: Counter[str]) -> None:
        super().__init__()
        self.world, self.counted = world, counted
        self.model = Model({name: Person(Role.client if name == CLIENT else Role.therapist, name) for name in NAMES})
        self.id: UUID | None = None

    @initialize(on=MOSTLY)
    def begin(self, *, on: bool) -> None:
        self.world.run(self.world.practice.know(*self.model.people.values()))
        self.switch(on=on)
        for name in THERAPISTS[:2]:
            self.join(name)

    # ---- who is in it

    @rule(on=MOSTLY)
    def switch(self, *, on: bool) -> None:
        self.world.run(self.world.practice.want_care_teams(on))
        self.model.on = on
        self.look_for_it()

    @rule(name=THERAPIST)
    def join(self, name: str) -> None:
        if not self.model.live(name):
            self.model.cares.append(Care(name, new_id(), datetime.now(UTC)))
            self.tell(self.model.cares[-1])
            self.look_for_it()

    @rule()
    def everybody_joins(self) -> None:
        for name in THERAPISTS:
            self.join(name)

    @rule(name=THERAPIST, ago=st.sampled_from([timedelta(0), timedelta(days=15)]))
    def leave(self, name: str, ago: timedelta) -> None:
        if care := self.model.live(name):
            care.ended = datetime.now(UTC) - ago
            self.tell(care)

    def tell(self, care: Care) -> None:
        self.world.run(self.telling(care))

    async def telling(self, care: Care) -> None:
        client, therapist = self.model.people[CLIENT], self.model.people[care.therapist]
        await self.world.practice.care(client, therapist, care.id, began=care.began, ended=care.ended)

    def look_for_it(self) -> None:
        """It is opened with two therapists, while the practice wants it, and stays."""
        both = sum(1 for name in THERAPISTS if self.model.live(name)) > 1
        self.model.opened = self.model.opened or (self.model.on and both)
        self.id = self.world.run(self.find())
        assert (self.id is not None) is self.model.opened

    async def find(self) -> UUID | None:
        team = select(col(Conversation.id)).where(
            col(Conversation.client_id) == self.model.people[CLIENT].id, col(Conversation.therapist_id).is_(None)
        )
        async with self.world.practice.arrange() as session:
            found: UUID | None = (await session.execute(team)).scalar_one_or_none()
        return found

    # ---- what they write

    @rule(name=NAME, copy=COPIES)
    def write(self, name: str, copy: int) -> None:
        if self.id:
            self.judge(name, self.world.run(self.put(name, copy, f"{self.path}/messages/{new_id()}")))

    @rule(name=NAME, copy=COPIES, turns=st.integers(0, 2))
    def write_while_the_line_breaks(self, name: str, copy: int, turns: int) -> None:
        """And again, at the other copy, until there is an answer: it is stored once."""
        if self.id:
            path, body, person = f"{self.path}/messages/{new_id()}", {"text": "Hello"}, self.model.people[name]
            self.world.run(self.world.put_and_break(person, copy, path, body, break_at=BREAKS[turns]))
            self.judge(name, self.world.run(self.world.until_answered(person, 1 - copy, path, body)), tried=True)
            self.counted["broken lines"] += 1

    @rule(name=THERAPIST, copy=COPIES)
    def write_while_leaving(self, name: str, copy: int) -> None:
        care = self.model.live(name)
        if not self.id or not care:
            return

        async def race(path: str) -> httpx.Response:
            leaving = Care(name, care.id, care.began, datetime.now(UTC))
            answer, _ = await asyncio.gather(self.put(name, copy, path), self.telling(leaving))
            care.ended = leaving.ended
            return answer

        could, was_there = self.model.writes(name), self.model.finds(name)
        answer = self.world.run(race(f"{self.path}/messages/{new_id()}"))
        assert answer.status_code in ({201, 403} if could else {403} if was_there else {404})
        if answer.status_code == 201:
            self.keep(answer)

    def put(self, name: str, copy: int, path: str) -> Any:
        return self.world.until_answered(self.model.people[name], copy, path, {"text": "Hello"})

    def judge(self, name: str, answer: httpx.Response, *, tried: bool = False) -> None:
        if not self.model.finds(name):
            assert answer.status_code == 404
        elif not self.model.writes(name):
            assert answer.status_code == 403
        else:
            assert answer.status_code in ({200, 201} if tried else {201})
            self.keep(answer)

    def keep(self, answer: httpx.Response) -> None:
        self.model.sent.append(answer.json())
        assert answer.json()["sequence"] == len(self.model.sent), "a number was left out or given twice"
        self.counted["messages stored"] += 1

    @property
    def path(self) -> str:
        return f"{CONVERSATIONS}/{self.id}"

    # ---- what they see

    @rule(name=NAME, copy=COPIES, sequence=st.integers(0, 9))
    def mark(self, name: str, copy: int, sequence: int) -> None:
        if self.id and self.model.finds(name):
            asked = self.world.ask(
                self.model.people[name], copy, "PUT", f"{self.path}/read-mark", json={"sequence": sequence}
            )
            answer = self.world.run(asked)
            self.model.marks[name] = max(self.model.marks[name], min(sequence, self.model.newest(name)))
            assert answer.json() == {"sequence": self.model.marks[name], "unread": self.model.unread(name)}

    @rule(name=NAME, copy=COPIES)
    def look(self, name: str, copy: int) -> None:
        self.world.run(self.looking(name, copy))

    async def looking(self, name: str, copy: int) -> None:
        ask, person = self.world.ask, self.model.people[name]
        listed = (await ask(person, copy, "GET", CONVERSATIONS)).json()["items"]
        teams = [one for one in listed if one["therapist"] is None]
        assert [one["id"] for one in teams] == ([str(self.id)] if self.model.finds(name) else [])
        unread = (await ask(person, copy, "GET", f"{API}/unread")).json()["conversations"]
        waiting = {one["id"]: one["unread"] for one in unread}.get(str(self.id), 0)
        assert waiting == (self.model.unread(name) if teams else 0)
        if not teams:
            if self.id:
                assert (await ask(person, copy, "GET", f"{self.path}/messages")).status_code == 404
            return
        reads = self.model.reads(name)
        newest = self.model.newest(name)
        assert (teams[0]["closed"] is None, teams[0]["last_sequence"]) == (self.model.writes(name), newest)
        found = (await ask(person, copy, "GET", f"{self.path}/messages", params={"limit": 200})).json()["items"]
        assert [one["id"] for one in found] == [one["id"] for one in reads]
        self.counted["looked at"] += 1

    def teardown(self) -> None:
        for name in NAMES:
            self.look(name, 0)
        self.world.run(self.world.practice.want_care_teams(False))


@pytest.mark.timeout(3600 if LONG else 600)
def test_each_reads_what_was_written_in_their_time_and_nothing_is_lost(world: World, record_property: Any) -> None:
    counted: Counter[str] = Counter()
    run_machine(partial(CareTeam, world, counted), examples=EXAMPLES, steps=STEPS)
    told = ", ".join(f"{what} {count}" for what, count in sorted(counted.items()))
    record_property("counted", f"care teams in any order: {told}")
    assert counted["messages stored"] > EXAMPLES
    assert counted["looked at"] > EXAMPLES
