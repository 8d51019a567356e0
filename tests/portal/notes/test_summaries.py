"""A session's summary: written once, edited with what it said before, the client's to read unless it is withheld."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from fastapi import FastAPI
from sqlalchemy import text

from tests.portal.arranging import assign, audited, number_of
from tests.portal.conftest import Open
from tests.portal.course.treating import begin, of, schedule
from tests.portal.notes.summing_up import SAID, SUMMARIES, edit, held, write, written

SENDERS = 10


async def test_the_client_reads_it_by_default(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    summary = await written(as_therapist, client_person)
    (listed,) = (await as_client.get(SUMMARIES)).json()["items"]
    assert (listed["id"], listed["withheld"], "text" in listed) == (summary, False, False)
    read = (await as_client.get(f"{SUMMARIES}/{summary}")).json()
    assert (read["text"], read["withholding_reason"], read["version"], read["edited_at"]) == (SAID, None, 1, None)
    assert read["made_by"] == {"id": str(therapist.id), "name": therapist.name}
    assert await audited(database, "course.read") == []  # one's own
    assert (await as_therapist.get(f"{SUMMARIES}/{summary}", params=of(client_person))).json() == read
    (one,) = await audited(database, "summary.written")
    assert (one.subject_id, one.object_id, one.outcome) == (client_person.id, UUID(summary), "success")
    assert [(one.actor_id, one.object_id) for one in await audited(database, "course.read")] == [
        (therapist.id, UUID(summary))
    ]


async def test_withholding_takes_a_reason_and_is_no_riddle_to_the_client(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    """To them it is not there, neither in the list nor at its address; nor is what an earlier version said."""
    reason = "It names a third person, who has not agreed."
    summary = await written(as_therapist, client_person, withholding_reason=reason)
    assert (await as_client.get(SUMMARIES)).json()["items"] == []
    assert (await as_client.get(f"{SUMMARIES}/{summary}")).status_code == 404
    read = (await as_therapist.get(f"{SUMMARIES}/{summary}", params=of(client_person))).json()
    assert (read["withheld"], read["withholding_reason"]) == (True, reason)
    assert (await edit(as_therapist, client_person, summary)).status_code == 201  # with no reason any more
    opened = (await as_client.get(f"{SUMMARIES}/{summary}")).json()
    assert (opened["text"], opened["withholding_reason"], opened["version"]) == (SAID, None, 2)
    assert (
        await edit(as_therapist, client_person, summary, withholding_reason=reason, base_version=2)
    ).status_code == 201
    assert (await as_client.get(f"{SUMMARIES}/{summary}")).status_code == 404


async def test_what_it_said_before_is_kept_sealed(
    as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    summary = await written(as_therapist, client_person, withholding_reason="Not before Thursday.")
    assert (await edit(as_therapist, client_person, summary, text="Shorter.")).status_code == 201
    async with database.arrange() as arranged:
        kept = await arranged.scalar(text("SELECT string_agg(t::text, '') FROM session_summaries AS t"))
        kept += await arranged.scalar(text("SELECT string_agg(t::text, '') FROM session_summary_versions AS t"))
    assert await number_of(database, "session_summary_versions") == 1
    for word in ("door", "Thursday", "Shorter"):
        assert word not in kept
        assert word.encode().hex() not in kept


async def test_whoever_is_in_care_reads_what_it_said_before(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, signed_in: Open, client_person: Person,
    therapist: Person, other_therapist: Person, database: RolledBackDatabase,
):  # fmt: skip
    """With who wrote it, when, and why it was withheld then; not the client: it may have been kept back."""
    summary = await written(as_therapist, client_person, withholding_reason="Not before Thursday.")
    assert (await edit(as_therapist, client_person, summary, text="Shorter.")).status_code == 201
    path = f"{SUMMARIES}/{summary}/versions"
    versions = (await as_therapist.get(path, params=of(client_person))).json()["items"]
    assert [(one["version"], one["text"], one["withholding_reason"]) for one in versions] == [
        (1, SAID, "Not before Thursday."),
        (2, "Shorter.", None),
    ]
    assert {one["made_by"]["id"] for one in versions} == {str(therapist.id)}
    (one,) = await audited(database, "course.read")
    assert (one.actor_id, one.object_id) == (therapist.id, UUID(summary))
    assert (await as_client.get(path, params=of(client_person))).status_code == 403
    missing = f"{SUMMARIES}/{new_id()}/versions"
    assert (await as_therapist.get(missing, params=of(client_person))).status_code == 404
    async with signed_in(other_therapist) as http:
        assert (await http.get(path, params=of(client_person))).status_code == 404


async def test_sent_again_and_sent_otherwise(as_therapist: httpx.AsyncClient, client_person: Person):
    session, summary = await held(as_therapist, client_person), str(new_id())
    said = [(await write(as_therapist, client_person, session, summary)).status_code for _ in range(2)]
    assert said == [201, 200]
    assert (await write(as_therapist, client_person, session, summary, text="Other")).status_code == 409
    second = await write(as_therapist, client_person, session)
    assert (second.status_code, second.json()["code"]) == (409, "summary_written")
    change = {"version_id": str(new_id()), "text": "Once more"}
    said = [(await edit(as_therapist, client_person, summary, **change)).status_code for _ in range(2)]
    assert said == [201, 200]
    stale = await edit(as_therapist, client_person, summary, text="From an old page")
    assert (stale.status_code, stale.json()["code"]) == (409, "summary_changed")


async def test_a_session_that_did_not_begin_has_none(as_therapist: httpx.AsyncClient, client_person: Person):
    course = await begin(as_therapist, client_person)
    planned = await schedule(as_therapist, client_person, course)
    refused = await write(as_therapist, client_person, planned)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_held")
    assert (await write(as_therapist, client_person, str(new_id()))).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"withholding_reason": ""}, "withholding_reason"),
        ({"withholding_reason": "x" * 1_001}, "withholding_reason"),
        ({"withheld": True}, "withheld"),
    ],
)
async def test_bad_input_names_the_field(
    as_therapist: httpx.AsyncClient, client_person: Person, wrong: dict[str, Any], field: str
):
    session = await held(as_therapist, client_person)
    refused = await write(as_therapist, client_person, session, **wrong)
    assert refused.status_code == 422, refused.text
    assert [one["field"] for one in refused.json()["errors"]] == [field]


async def test_nobody_else_reads_or_writes_it(
    *, signed_in: Open, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person,
    other_client: Person, other_therapist: Person, admin: Person, database: RolledBackDatabase,
):  # fmt: skip
    summary = await written(as_therapist, client_person)
    path, session = f"{SUMMARIES}/{summary}", str(new_id())
    assert (await write(as_client, client_person, session)).status_code == 403
    async with signed_in(other_client) as http:
        assert (await http.get(SUMMARIES)).json()["items"] == []
        assert (await http.get(path)).status_code == 404
        assert (await http.get(path, params=of(client_person))).status_code == 404
    async with signed_in(admin) as http:
        assert (await http.get(SUMMARIES, params=of(client_person))).status_code == 403
    async with signed_in(other_therapist) as http:
        for answer in (
            await http.get(SUMMARIES, params=of(client_person)),
            await http.get(path, params=of(client_person)),
            await write(http, client_person, session),
            await edit(http, client_person, summary),
        ):
            assert answer.status_code == 404
        async with database.arrange() as arranged:
            await assign(arranged, client_person, other_therapist)
        assert (await http.get(path, params=of(client_person))).json()["text"] == SAID


@pytest.fixture
async def http(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
) -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(committed_app, issuer.token(committed_people[1], "portal")) as opened:
        yield opened


async def test_of_many_at_once_one_is_stored(http: httpx.AsyncClient, committed_people: tuple[Person, Person]):
    """The same one by many is stored once; of many for one session the first stays, and of edits of one version too."""
    client, _ = committed_people
    one, another, summary = await held(http, client), await held(http, client), str(new_id())

    async def at_once(*sent: Awaitable[httpx.Response]) -> dict[int, int]:
        return Counter(answer.status_code for answer in await asyncio.gather(*sent))

    assert await at_once(*(write(http, client, one, summary) for _ in range(SENDERS))) == {201: 1, 200: SENDERS - 1}
    assert await at_once(*(write(http, client, another) for _ in range(SENDERS))) == {201: 1, 409: SENDERS - 1}
    assert await at_once(*(edit(http, client, summary) for _ in range(SENDERS))) == {201: 1, 409: SENDERS - 1}
    assert len((await http.get(SUMMARIES, params=of(client))).json()["items"]) == 2
