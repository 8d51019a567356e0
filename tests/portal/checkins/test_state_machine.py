"""Generated histories of one client's check-ins against a model of them: replay, versions, visibility, deletion.

At the end everybody reads everything; row-level security is asked by SQL of its own, without the app's own scope.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.checkins.schemas import CheckInPage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tests.portal.arranging import check_in
from tests.portal.conftest import Open

CHECK_INS = "/api/portal/check-ins"
SAID = ("mood", "note", "words", "visibility")
CONTENT = st.fixed_dictionaries(
    {
        "mood": st.integers(-5, 5),
        "note": st.none() | st.sampled_from(["rain", "sun", "ñandú 🌧"]),
        "words": st.lists(st.sampled_from(["calm", "sad", "tired"]), unique=True),
        "visibility": st.sampled_from(["only_me", "therapist", "next_session"]),
    }
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["record", "repeat", "other body", "edit", "edit", "repeat edit", "open", "erase", "foreign"]),
        st.integers(0, 3),
        CONTENT,
    ),
    min_size=1,
    max_size=12,
)


@dataclass
class Entry:
    """One check-in as the model has it: the bodies sent, and whether a therapist opened it or it is gone."""

    id: UUID
    first: dict[str, Any]
    edits: list[dict[str, Any]] = field(default_factory=list)
    opened: bool = False
    erased: bool = False

    @property
    def says(self) -> dict[str, Any]:
        last = self.edits[-1] if self.edits else self.first
        return {name: last[name] for name in SAID}

    @property
    def shared(self) -> bool:
        return not self.erased and self.says["visibility"] == "therapist"

    @property
    def address(self) -> str:
        return f"{CHECK_INS}/{self.id}"


class History:
    """Plays steps against the API and keeps what must be true after them."""

    def __init__(self, client: httpx.AsyncClient, therapist: httpx.AsyncClient, other: httpx.AsyncClient) -> None:
        self.client, self.therapist, self.other = client, therapist, other
        self.of_client: dict[str, str] = {}
        self.entries: list[Entry] = []

    async def play(self, step: str, which: int, content: dict[str, Any]) -> None:
        if step == "record" or not self.entries:
            entry = Entry(new_id(), check_in(**content))
            self.entries.append(entry)
            assert (await self.client.put(entry.address, json=entry.first)).status_code == 201
            return
        entry = self.entries[which % len(self.entries)]
        acts: dict[str, Callable[[Entry, dict[str, Any]], Any]] = {
            "repeat": self.repeat,
            "other body": self.other_body,
            "edit": self.edit,
            "repeat edit": self.repeat_edit,
            "open": self.open,
            "erase": self.erase,
            "foreign": self.foreign,
        }
        await acts[step](entry, content)

    async def repeat(self, entry: Entry, _content: dict[str, Any]) -> None:
        answer = await self.client.put(entry.address, json=entry.first)
        assert answer.status_code == (409 if entry.erased else 200)
        assert entry.erased or {name: answer.json()[name] for name in SAID} == {n: entry.first[n] for n in SAID}

    async def other_body(self, entry: Entry, content: dict[str, Any]) -> None:
        other = check_in(**content, anxiety=9.5)
        assert (await self.client.put(entry.address, json=other)).status_code == 409

    async def edit(self, entry: Entry, content: dict[str, Any]) -> None:
        body = check_in(**content, version_id=str(new_id()), felt_at=entry.first["felt_at"])
        answer = await self.client.post(f"{entry.address}/versions", json=body)
        taken_back = entry.shared and entry.opened and content["visibility"] != "therapist"
        assert answer.status_code == (404 if entry.erased else 422 if taken_back else 201), answer.text
        if answer.status_code == 201:
            entry.edits.append(body)

    async def repeat_edit(self, entry: Entry, _content: dict[str, Any]) -> None:
        if not entry.edits:
            return
        answer = await self.client.post(f"{entry.address}/versions", json=entry.edits[0])
        assert answer.status_code == (404 if entry.erased else 200)
        assert entry.erased or answer.json()["version"] == 2

    async def open(self, entry: Entry, _content: dict[str, Any]) -> None:
        answer = await self.therapist.get(entry.address, params=self.of_client)
        assert answer.status_code == (200 if entry.shared else 404)
        entry.opened = entry.opened or entry.shared

    async def erase(self, entry: Entry, _content: dict[str, Any]) -> None:
        assert (await self.client.delete(entry.address)).status_code == (409 if entry.opened else 204)
        entry.erased = not entry.opened

    async def foreign(self, entry: Entry, content: dict[str, Any]) -> None:
        """The same id is another client's own to use, and brings nothing of this one's."""
        assert (await self.other.get(entry.address)).status_code == 404
        assert (await self.other.delete(entry.address)).status_code == 404
        edit = check_in(**content, version_id=str(new_id()))
        assert (await self.other.post(f"{entry.address}/versions", json=edit)).status_code == 404

    async def agrees(self) -> None:
        """What the client reads is the model, entry by entry and version by version."""
        found = (await self.client.get(CHECK_INS)).json()["items"]
        assert {one["id"]: {name: one[name] for name in SAID} for one in found} == {
            str(entry.id): entry.says for entry in self.entries if not entry.erased
        }
        pages = [await self.client.get(path) for path in (CHECK_INS, f"{CHECK_INS}/timeline")]
        listed, timeline = [CheckInPage.model_validate_json(page.content) for page in pages]
        assert timeline == listed
        await self.curve_agrees()
        for entry in self.entries:
            versions = await self.client.get(f"{entry.address}/versions")
            readings = await self.client.get(f"{entry.address}/readings")
            if entry.erased:
                assert (versions.status_code, readings.status_code) == (404, 404)
                continue
            told = [{name: one[name] for name in SAID} for one in versions.json()["items"]]
            assert told == [{name: one[name] for name in SAID} for one in (entry.first, *entry.edits)]
            assert bool(readings.json()["items"]) == entry.opened

    async def curve_agrees(self) -> None:
        """All of it, as the client draws it and as a therapist does: so many entries, and their mean."""
        for http, query, kept in ((self.client, {}, False), (self.therapist, self.of_client, True)):
            points = (await http.get(f"{CHECK_INS}/curve", params={"span": "all", **query})).json()["points"]
            moods = [one.says["mood"] for one in self.entries if not one.erased and (one.shared or not kept)]
            assert sum(point["entries"] for point in points) == len(moods)
            drawn = sum(point["mood"] * point["entries"] for point in points if point["entries"])
            assert drawn == pytest.approx(sum(moods), abs=0.1)


async def seen(database: RolledBackDatabase, person: Person) -> set[UUID]:
    async with database.unit_of_work(RowContext(person.id, str(person.role))) as session:
        return set(await session.scalars(text("SELECT id FROM check_ins WHERE erased_at IS NULL")))


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
        history = History(mine, theirs, others)
        history.of_client = {"client": str(client_person.id)}
        for step, which, content in steps:
            await history.play(step, which, content)
        await history.agrees()
        assert await seen(database, client_person) == {one.id for one in history.entries if not one.erased}
        assert await seen(database, therapist) == {one.id for one in history.entries if one.shared}
        assert await seen(database, other_client) | await seen(database, other_therapist) == set()
    async with database.arrange() as session:  # the next history begins with none
        for table in ("check_in_readings", "check_in_versions", "check_ins"):
            await session.execute(text(f"DELETE FROM {table}"))  # noqa: S608  # names of ours
