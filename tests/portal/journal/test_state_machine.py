"""Generated histories of one client's journal against a model: versions, replay, visibility, un-sharing, erasure.

At the end everybody reads everything; row-level security is asked by SQL of its own, without the app's own scope.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.portal.conftest import Open
from tests.portal.journal.writing import JOURNAL, entry

SAID = ("title", "text", "phase", "visibility")
CONTENT = st.fixed_dictionaries(
    {
        "title": st.sampled_from([None, "The sea"]),
        "text": st.sampled_from(["*rain*", "ñandú 🌧", "<b>sun</b>"]),
        "phase": st.sampled_from([None, "integration"]),
        "visibility": st.sampled_from(["only_me", "therapist", "therapist", "next_session"]),
    }
)
ACTS = ["write", "repeat", "other body", "edit", "edit", "late edit", "repeat edit", "open", "erase", "foreign"]
STEPS = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 2), CONTENT), min_size=1, max_size=12)


@dataclass
class Entry:
    """One entry as the model has it: the bodies sent, and whether a therapist opened it or it is gone."""

    id: UUID
    bodies: list[dict[str, Any]]
    opened: bool = False
    erased: bool = False

    @property
    def shared(self) -> bool:
        return not self.erased and self.bodies[-1]["visibility"] == "therapist"

    @property
    def address(self) -> str:
        return f"{JOURNAL}/{self.id}"

    def edit(self, content: dict[str, Any], base: int) -> dict[str, Any]:
        return entry(**content, version_id=str(new_id()), base_version=base, felt_at=self.bodies[0]["felt_at"])


def said(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in SAID}


@dataclass
class History:
    """Plays steps against the API and keeps what must be true after them."""

    client: httpx.AsyncClient
    therapist: httpx.AsyncClient
    other: httpx.AsyncClient
    of_client: dict[str, str]
    entries: list[Entry] = field(default_factory=list)

    async def play(self, act: str, which: int, content: dict[str, Any]) -> None:
        if act == "write" or not self.entries:
            one = Entry(new_id(), [entry(**content)])
            self.entries.append(one)
            assert (await self.client.put(one.address, json=one.bodies[0])).status_code == 201
            return
        one = self.entries[which % len(self.entries)]
        await getattr(self, act.replace(" ", "_"))(one, content)

    async def repeat(self, one: Entry, _content: dict[str, Any]) -> None:
        answer = await self.client.put(one.address, json=one.bodies[0])
        assert answer.status_code == (409 if one.erased else 200)
        assert one.erased or said(answer.json()) == said(one.bodies[0])

    async def other_body(self, one: Entry, content: dict[str, Any]) -> None:
        assert (await self.client.put(one.address, json=entry(**content | {"text": "other"}))).status_code == 409

    async def edit(self, one: Entry, content: dict[str, Any]) -> None:
        body = one.edit(content, len(one.bodies))
        answer = await self.client.post(f"{one.address}/versions", json=body)
        taken_back = one.shared and one.opened and content["visibility"] != "therapist"
        assert answer.status_code == (404 if one.erased else 409 if taken_back else 201), answer.text
        if answer.status_code == 201:
            one.bodies.append(body)

    async def late_edit(self, one: Entry, content: dict[str, Any]) -> None:
        """Of a version that is not the current one."""
        answer = await self.client.post(f"{one.address}/versions", json=one.edit(content, len(one.bodies) + 1))
        assert answer.status_code == (404 if one.erased else 409)

    async def repeat_edit(self, one: Entry, _content: dict[str, Any]) -> None:
        if len(one.bodies) > 1:
            answer = await self.client.post(f"{one.address}/versions", json=one.bodies[1])
            assert answer.status_code == (404 if one.erased else 200)
            assert one.erased or (answer.json()["version"], said(answer.json())) == (2, said(one.bodies[1]))

    async def open(self, one: Entry, _content: dict[str, Any]) -> None:
        answer = await self.therapist.get(one.address, params=self.of_client)
        assert answer.status_code == (200 if one.shared else 404)
        assert not one.shared or said(answer.json()) == said(one.bodies[-1])
        one.opened = one.opened or one.shared

    async def erase(self, one: Entry, _content: dict[str, Any]) -> None:
        assert (await self.client.delete(one.address)).status_code == (409 if one.opened else 200)
        one.erased = not one.opened

    async def foreign(self, one: Entry, content: dict[str, Any]) -> None:
        assert (await self.other.get(one.address)).status_code == 404
        assert (await self.other.delete(one.address)).status_code == 404
        assert (await self.other.post(f"{one.address}/versions", json=one.edit(content, 1))).status_code == 404

    async def agrees(self) -> None:
        """What the client reads is the model, entry by entry and version by version."""
        for one in self.entries:
            now, versions = await self.client.get(one.address), await self.client.get(f"{one.address}/versions")
            assert (now.status_code, versions.status_code) == ((404, 404) if one.erased else (200, 200))
            if not one.erased:
                assert [said(version) for version in versions.json()["items"]] == [said(body) for body in one.bodies]
                assert said(now.json()) == said(one.bodies[-1])
                assert bool(now.json()["readings"]) is one.opened
                assert bool(now.json()["shared_with"]) is one.shared


async def seen(database: RolledBackDatabase, person: Person, history: History) -> set[UUID]:
    """The ids of this history's entries that row-level security shows."""
    async with database.unit_of_work(RowContext(person.id, str(person.role))) as session:
        found = await session.scalars(text("SELECT id FROM journal_entries"))
        return set(found) & {one.id for one in history.entries}


@pytest.mark.usefixtures("known")
@given(steps=STEPS)
@settings(max_examples=9, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_history(
    *,
    database: RolledBackDatabase,
    signed_in: Open,
    client_person: Person,
    other_client: Person,
    therapist: Person,
    other_therapist: Person,
    steps: list[tuple[str, int, dict[str, Any]]],
):
    async with signed_in(client_person) as mine, signed_in(therapist) as theirs, signed_in(other_client) as others:
        history = History(mine, theirs, others, {"client": str(client_person.id)})
        for act, which, content in steps:
            await history.play(act, which, content)
        await history.agrees()
        assert await seen(database, client_person, history) == {one.id for one in history.entries if not one.erased}
        assert await seen(database, therapist, history) == {one.id for one in history.entries if one.shared}
        for person in (other_client, other_therapist):
            assert await seen(database, person, history) == set()
