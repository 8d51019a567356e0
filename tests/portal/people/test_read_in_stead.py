"""Whoever stands in reads what is shared with the one they stand in for: not what the client kept from that one."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import httpx
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.portal.agenda.test_agenda import AGENDA, LINE, of, pin
from tests.portal.arranging import assign, introduce, put, stand_in
from tests.portal.conftest import Open
from tests.portal.journal.writing import JOURNAL, write

CHECK_INS = "/api/portal/check-ins"
JOINED = timedelta(days=5)
EARLIER = """
    UPDATE check_ins SET entered_at = entered_at - interval '20 days', felt_at = felt_at - interval '20 days',
                         local_date = local_date - 20
"""
READS_FREELY = "SELECT client_id FROM clients_read_freely()"


class Team(NamedTuple):
    """Who treats the client from the first day, who joined five days ago, and who stands in for one of them."""

    client: Person
    first: Person
    joined: Person
    covering: Person


@pytest.fixture
async def team(
    database: RolledBackDatabase, as_client: httpx.AsyncClient, client_person: Person, therapist: Person
) -> Team:
    """What was shared before somebody joined is shared with the first one alone."""
    await put(as_client)
    await pin(as_client, await write(as_client))
    joined, covering = Person(Role.therapist, "Dr Ada Low"), Person(Role.therapist, "Dr Bo Wren")
    async with database.arrange() as session:
        await session.execute(text(EARLIER))
        await introduce(session, joined, covering)
        await assign(session, client_person, joined, started_at=datetime.now(UTC) - JOINED)
    return Team(client_person, therapist, joined, covering)


async def cover(database: RolledBackDatabase, team: Team, covered: Person) -> None:
    async with database.arrange() as session:
        await stand_in(session, team.client, team.covering, covered)


async def numbers(signed_in: Open, team: Team) -> tuple[int, int, int]:
    """How many check-ins, entries and pinned lines whoever stands in is shown."""
    async with signed_in(team.covering) as http:
        lists = [
            (await http.get(path, params=of(team.client))).json()["items"] for path in (CHECK_INS, JOURNAL, AGENDA)
        ]
    check_ins, entries, lines = (len(one) for one in lists)
    return check_ins, entries, lines


async def test_what_the_client_kept_from_the_covered_one_stays_closed(
    database: RolledBackDatabase, as_client: httpx.AsyncClient, team: Team, signed_in: Open
):
    await cover(database, team, team.joined)
    assert await numbers(signed_in, team) == (0, 0, 0)
    await put(as_client)
    await pin(as_client, await write(as_client), LINE)
    assert await numbers(signed_in, team) == (1, 1, 1)


async def test_for_the_first_one_they_read_what_that_one_reads(
    database: RolledBackDatabase, team: Team, signed_in: Open
):
    await cover(database, team, team.first)
    assert await numbers(signed_in, team) == (1, 1, 1)


async def test_for_both_they_read_what_either_reads(database: RolledBackDatabase, team: Team, signed_in: Open):
    await cover(database, team, team.joined)
    await cover(database, team, team.first)
    assert await numbers(signed_in, team) == (1, 1, 1)


async def test_through_somebody_who_treats_them_no_more_nothing_is_read(
    database: RolledBackDatabase, team: Team, signed_in: Open
):
    """Nor is the client read freely: that nobody shares through it is a bound as well."""
    await cover(database, team, team.first)
    async with database.arrange() as session:
        ended = "UPDATE care_relationships SET ended_at = now() WHERE therapist_id = :first"
        await session.execute(text(ended), {"first": team.first.id})
    assert await numbers(signed_in, team) == (0, 0, 0)


async def test_for_nobody_known_nothing_is_read(database: RolledBackDatabase, team: Team, signed_in: Open):
    await cover(database, team, team.first)
    async with database.arrange() as session:
        await session.execute(text("UPDATE grants SET covered_id = NULL"))
    assert await numbers(signed_in, team) == (0, 0, 0)


async def test_row_policies_say_it_by_themselves(database: RolledBackDatabase, team: Team):
    """And the short way of reading freely is closed to whoever stands in for one with bounds."""
    await cover(database, team, team.joined)
    async with database.unit_of_work(RowContext(team.covering.id, "therapist")) as session:
        for table in ("check_ins", "journal_shares", "journal_entries", "pinned_lines"):
            assert (await session.execute(text(f"SELECT * FROM {table}"))).all() == []  # noqa: S608  # names of ours
        assert (await session.execute(text(READS_FREELY))).all() == []
    async with database.unit_of_work(RowContext(team.first.id, "therapist")) as session:
        assert len((await session.execute(text(READS_FREELY))).all()) == 1
