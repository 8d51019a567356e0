"""What a message refers to: which of it may be opened now, of which day, and nothing else."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person

from tests.portal.arranging import assign, audited, put
from tests.portal.conftest import Open
from tests.portal.course.treating import begin, schedule
from tests.portal.journal.writing import JOURNAL, edit, write

REFERENCES = "/api/portal/references"


async def ask(http: httpx.AsyncClient, client: Person, *asked: tuple[str, str | UUID]) -> httpx.Response:
    references = [{"kind": kind, "id": str(id_)} for kind, id_ in asked]
    return await http.post(REFERENCES, json={"client": str(client.id), "references": references})


async def told(http: httpx.AsyncClient, client: Person, *asked: tuple[str, str | UUID]) -> set[tuple[str, str]]:
    answer = await ask(http, client, *asked)
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert all(one.keys() == {"kind", "id", "day"} for one in items)
    return {(one["kind"], one["id"]) for one in items}


async def test_each_reader_is_told_what_they_may_open_at_that_moment(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
) -> None:
    shared, hidden = await write(as_client), await write(as_client, visibility="only_me")
    waits = await write(as_client, visibility="next_session")
    seen, own = await put(as_client), await put(as_client, visibility="only_me")
    session = await schedule(as_therapist, client_person, await begin(as_therapist, client_person))
    entries = [("journal_entry", one["id"]) for one in (shared, hidden, waits)]
    asked = [*entries, ("check_in", seen["id"]), ("check_in", own["id"]), ("session", session)]
    nothing = [("session", new_id()), ("journal_entry", seen["id"]), ("check_in", shared["id"])]
    assert await told(as_client, client_person, *asked, *nothing) == set(asked)
    open_to_them = {entries[0], ("check_in", seen["id"]), ("session", session)}
    assert await told(as_therapist, client_person, *asked, *nothing) == open_to_them
    taken_back = await as_client.post(f"{JOURNAL}/{shared['id']}/versions", json=edit(visibility="only_me"))
    assert taken_back.status_code == 201
    assert await told(as_therapist, client_person, *asked) == open_to_them - {entries[0]}
    assert (await as_client.delete(f"{JOURNAL}/{shared['id']}")).status_code == 200
    assert entries[0] not in await told(as_client, client_person, *asked)


async def test_the_day_is_the_clients_and_nothing_was_opened_by_asking(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
) -> None:
    shared = await write(as_client, time_zone="Pacific/Auckland")
    asked = ("journal_entry", shared["id"])
    (item,) = (await ask(as_therapist, client_person, asked, asked)).json()["items"]
    assert item == {"kind": "journal_entry", "id": shared["id"], "day": shared["local_date"]}
    assert (await as_client.get(f"{JOURNAL}/{shared['id']}")).json()["readings"] == []
    assert await audited(database, "references.read") == []


async def test_anybody_else_is_refused_alike(
    *,
    as_client: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    other_client: Person,
    other_therapist: Person,
    admin: Person,
    database: RolledBackDatabase,
) -> None:
    """Of another's record the answer is the same whether there is such a thing or not, and it is audited."""
    shared = await write(as_client)
    answers = []
    for person in (other_client, other_therapist):
        async with signed_in(person) as http:
            for id_ in (shared["id"], str(new_id())):
                answer = await ask(http, client_person, ("journal_entry", id_))
                answers.append((answer.status_code, answer.json()["code"]))
    assert set(answers) == {(404, "not_found")}
    async with signed_in(admin) as http:
        assert (await ask(http, client_person)).status_code == 403
    refused = await audited(database, "references.read")
    assert {(one.actor_id, one.subject_id, one.outcome) for one in refused} >= {
        (person.id, client_person.id, "refused") for person in (other_client, other_therapist)
    }


async def test_another_clients_thing_is_nothing_of_this_ones(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    other_client: Person,
    therapist: Person,
    database: RolledBackDatabase,
) -> None:
    """Also where the reader treats both: a message refers to the record of the one whom it is with."""
    async with database.arrange() as session:
        await assign(session, other_client, therapist)
    async with signed_in(other_client) as http:
        theirs = ("journal_entry", (await write(http))["id"])
    assert await told(as_therapist, other_client, theirs) == {theirs}
    assert await told(as_therapist, client_person, theirs) == set()
    assert await told(as_client, client_person, theirs) == set()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"client": "x", "references": []},
        {"references": [{"kind": "message", "id": str(UUID(int=1))}]},
        {"references": [{"kind": "session", "id": "1"}]},
        {"references": [{"kind": "session", "id": str(UUID(int=1))}] * 101},
        {"references": [], "more": 1},
    ],
)
async def test_bad_input(as_client: httpx.AsyncClient, client_person: Person, body: dict[str, Any]) -> None:
    full = {"client": str(client_person.id)} | body if body else body
    assert (await as_client.post(REFERENCES, json=full)).status_code == 422
    assert (await ask(as_client, client_person)).json() == {"items": []}
