"""What was edited before it was shared is its client's alone: neither told nor counted, in lists as by itself."""

import httpx
import pytest
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.portal.arranging import assign, check_in, put
from tests.portal.conftest import Open
from tests.portal.journal.writing import JOURNAL, edit, write

CHECK_INS = "/api/portal/check-ins"
Told = tuple[int, bool]


class Writing:
    """A client's check-in or entry, which is changed, and what others are told of it."""

    def __init__(self, mine: httpx.AsyncClient, client: Person, room: str) -> None:
        self.mine, self.of, self.room, self.id, self.version = mine, {"client": str(client.id)}, room, "", 1

    async def begin(self, visibility: str) -> None:
        first = put if self.room == CHECK_INS else write
        self.id, self.version = (await first(self.mine, visibility=visibility))["id"], 1

    async def change(self, visibility: str) -> None:
        checking_in = self.room == CHECK_INS
        changed = check_in(version_id=str(new_id())) if checking_in else edit(self.version)
        answer = await self.mine.post(f"{self.room}/{self.id}/versions", json=changed | {"visibility": visibility})
        assert answer.status_code == 201, answer.text
        self.version += 1

    async def told(self, theirs: httpx.AsyncClient) -> list[Told]:
        """In the list, by itself, and in the list again: version and whether it changed."""
        one = (await theirs.get(f"{self.room}/{self.id}", params=self.of)).json()
        listed = (await theirs.get(self.room, params=self.of)).json()["items"]
        both = [one, *(found for found in listed if found["id"] == self.id)]
        return [(found["version"], found["edited_at"] is not None) for found in both]


@pytest.fixture(params=[CHECK_INS, JOURNAL])
def writing(request: pytest.FixtureRequest, as_client: httpx.AsyncClient, client_person: Person) -> Writing:
    return Writing(as_client, client_person, request.param)


async def test_edits_count_since_it_was_shared(writing: Writing, as_therapist: httpx.AsyncClient):
    await writing.begin("only_me")
    await writing.change("only_me")
    await writing.change("therapist")
    assert await writing.told(as_therapist) == [(1, False)] * 2
    assert (await writing.told(writing.mine)) == [(3, True)] * 2
    await writing.change("therapist")
    assert await writing.told(as_therapist) == [(2, True)] * 2


async def test_what_was_shared_from_the_beginning_tells_every_edit(writing: Writing, as_therapist: httpx.AsyncClient):
    await writing.begin("therapist")
    assert await writing.told(as_therapist) == [(1, False)] * 2
    await writing.change("therapist")
    await writing.change("therapist")
    assert await writing.told(as_therapist) == [(3, True)] * 2


async def test_what_was_taken_back_and_shared_again_begins_anew(writing: Writing, as_therapist: httpx.AsyncClient):
    await writing.begin("therapist")
    await writing.change("therapist")
    await writing.change("next_session")
    await writing.change("therapist")
    assert await writing.told(as_therapist) == [(1, False)] * 2


async def test_the_client_is_told_which_version_was_opened(writing: Writing, as_therapist: httpx.AsyncClient):
    await writing.begin("only_me")
    await writing.change("therapist")
    await writing.told(as_therapist)
    where = f"{writing.room}/{writing.id}"
    path = f"{where}/readings" if writing.room == CHECK_INS else where
    answer = (await writing.mine.get(path)).json()
    assert [one["version"] for one in answer["items" if writing.room == CHECK_INS else "readings"]] == [2]


async def test_of_an_entry_each_therapist_counts_from_their_own_sharing(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
):
    entry = Writing(as_client, client_person, JOURNAL)
    await entry.begin("therapist")
    await entry.change("therapist")
    async with database.arrange() as session:
        await assign(session, client_person, other_therapist)
    assert (await as_client.put(f"{JOURNAL}/sharing/{other_therapist.id}")).is_success
    await entry.change("therapist")
    assert await entry.told(as_therapist) == [(3, True)] * 2
    async with signed_in(other_therapist) as theirs:
        assert await entry.told(theirs) == [(2, True)] * 2
        read = (await theirs.get(f"{JOURNAL}/{entry.id}", params=entry.of)).json()
    assert [one["version"] for one in read["readings"]] == [2]


async def test_the_database_shows_no_version_from_before(
    as_client: httpx.AsyncClient, client_person: Person, therapist: Person, database: RolledBackDatabase
):
    """Not even one that was shared, once it was taken back in between."""
    entry = Writing(as_client, client_person, CHECK_INS)
    await entry.begin("therapist")
    for visibility in ("only_me", "therapist", "therapist"):
        await entry.change(visibility)
    async with database.unit_of_work(RowContext(therapist.id, "therapist")) as session:
        seen = await session.scalars(text("SELECT version FROM check_in_versions ORDER BY version"))
        assert seen.all() == [3]
