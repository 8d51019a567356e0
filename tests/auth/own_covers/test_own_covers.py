"""A therapist names who stands in for them; either of the two ends it, and nobody else."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.covers.models import Grant
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.auth.arranging import Browser, Desk, Program, add_person, audited, letters, open_browser, problem
from tests.auth.covers.test_covers import Away, away

__all__ = ["away"]
PATH = "/own-covers"


def wanted(away: Away, **changes: Any) -> dict[str, Any]:
    body = away.wanted(**changes)
    del body["therapist_id"]
    return body


@asynccontextmanager
async def at_desk(app: FastAPI, person: Person, web: Program) -> AsyncIterator[Desk]:
    async with open_browser(app) as client:
        yield await Desk.of(Browser(client), person, web)


async def grants(database: RolledBackDatabase) -> list[Grant]:
    async with database.arrange() as session:
        return list(await session.scalars(select(Grant)))


async def test_naming_a_colleague_and_ending_it(
    app: FastAPI, away: Away, web: Program, database: RolledBackDatabase
) -> None:
    async with at_desk(app, away.therapist, web) as own:
        assert [one["name"] for one in (await own.get(f"{PATH}/colleagues"))["items"]] == ["The one who covers"]
        path, body = f"{PATH}/{new_id()}", wanted(away)
        first, again = await own.put(path, body), await own.put(path, body)
        assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
        assert (first.json()["covering"]["id"], first.json()["clients"]) == (str(away.covering.id), 2)
        other = wanted(away, client_id=str(away.clients[0].id))
        assert problem(await own.put(path, other)) == (409, "conflict")
    assert {one.therapist_id for one in await grants(database)} == {away.covering.id}
    mailed = Counter(one.to for one in await letters(app, database) if one.letter == "care_changed" and one.mail)
    assert mailed == Counter([away.therapist.id, away.covering.id, *(client.id for client in away.clients)])
    (kept,) = [one for one in await audited(database, "cover:arranged") if one.outcome == "success"]
    assert kept.actor_id == away.therapist.id
    async with at_desk(app, away.covering, web) as covering:
        assert [one["id"] for one in (await covering.get(PATH))["items"]] == [first.json()["id"]]
        for _ in range(2):
            assert (await covering.put(f"{PATH}/{first.json()['id']}/end")).json()["ended_at"]
    assert all(one.ends_at <= datetime.now(UTC) for one in await grants(database))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"covering_id": str(new_id())}, "covering_id"),
        ({"client_id": str(new_id())}, "client_id"),
        ({"ends_at": "2001-01-01T00:00:00Z"}, "ends_at"),
        ({"therapist_id": str(new_id())}, "therapist_id"),
    ],
)
async def test_bad_wishes_name_the_field(
    *, app: FastAPI, away: Away, web: Program, database: RolledBackDatabase, changes: dict[str, str], field: str
) -> None:
    async with at_desk(app, away.therapist, web) as own:
        answer = await own.put(f"{PATH}/{new_id()}", wanted(away) | changes)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await grants(database) == []


async def test_nobody_stands_in_for_themselves(app: FastAPI, away: Away, web: Program) -> None:
    async with at_desk(app, away.therapist, web) as own:
        answer = await own.put(f"{PATH}/{new_id()}", wanted(away, covering_id=str(away.therapist.id)))
    assert [error["field"] for error in answer.json()["errors"]] == ["covering_id"]


async def test_others_are_refused(
    *, app: FastAPI, desk: Desk, away: Away, web: Program, database: RolledBackDatabase
) -> None:
    async with at_desk(app, away.therapist, web) as own:
        cover = (await own.put(f"{PATH}/{new_id()}", wanted(away))).json()["id"]
    assert problem(await desk.put(f"{PATH}/{new_id()}", wanted(away))) == (
        403,
        "forbidden",
    )
    async with database.arrange() as session:
        stranger = await add_person(session, "therapist")
    async with at_desk(app, stranger, web) as theirs:
        assert problem(await theirs.put(f"{PATH}/{cover}/end")) == (404, "not_found")
        assert (await theirs.get(PATH))["items"] == []
    async with at_desk(app, away.clients[0], web) as client:
        assert problem(await client.put(f"{PATH}/{cover}/end")) == (403, "forbidden")
    assert all(one.ends_at > datetime.now(UTC) for one in await grants(database))


@pytest.mark.parametrize("who", ["covering", "therapist"])
async def test_the_database_itself_lets_a_therapist_give_only_their_own(
    *, app: FastAPI, away: Away, web: Program, database: RolledBackDatabase, who: str
) -> None:
    """Nobody makes themselves a cover, and nobody gives away clients whom they do not treat."""
    async with at_desk(app, away.therapist, web) as own:
        cover = UUID((await own.put(f"{PATH}/{new_id()}", wanted(away))).json()["id"])
    async with database.arrange() as session:
        foreign = await add_person(session)
    adding = {
        "covering": "INSERT INTO covers (id, therapist_id, covering_id, starts_at, ends_at, asked_by, created_at)"
        " VALUES (gen_random_uuid(), :therapist, :covering, now(), now() + :week, :covering, now())",
        "therapist": "INSERT INTO grants (id, kind, cover_id, client_id, therapist_id, starts_at, ends_at)"
        " SELECT gen_random_uuid(), 'cover', :cover, :foreign, :covering, starts_at, ends_at FROM covers",
    }[who]
    ids = {"therapist": away.therapist.id, "covering": away.covering.id, "cover": cover, "foreign": foreign.id}
    values = {name: value for name, value in (ids | {"week": timedelta(days=7)}).items() if f":{name}" in adding}
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.unit_of_work(RowContext(ids[who], "therapist")) as session:
            await session.execute(text(adding), values)
