"""Asking the databases."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from afterglow_foundation import jobs
from afterglow_foundation.database import Database
from afterglow_foundation.jobs import JobCount
from afterglow_foundation.revisions import newest
from sqlalchemy.exc import SQLAlchemyError

from afterglow_operator.doctor.findings import Finding, unknown, well, wrong
from afterglow_operator.sites import Site

SECONDS = 5.0
MOST_DIFFERENCE = timedelta(seconds=5)  # tokens and codes live for minutes, one-time passwords for half of one
MOST_LATE = timedelta(minutes=5)
MOST_SILENT = timedelta(seconds=30)  # then the receiver answers no staff
WITH_JOBS = ("auth",)


async def database(site: Site, service: str) -> Finding:
    """Whether it is there, as the role that serves requests, and at the newest migration."""
    what = f"{service}'s database"
    try:
        connection = await connected(site.database_url(service, "app"))
    except (asyncpg.PostgresError, OSError) as problem:
        return wrong(what, f"cannot be reached ({type(problem).__name__})")
    try:
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.PostgresError:
        return wrong(what, "not migrated; `afterglow migrate` does that")
    finally:
        await connection.close()
    expected = newest(f"afterglow_{service}")
    if revision != expected:
        return wrong(what, f"at migration {revision}, but this version needs {expected}")
    return well(what, f"at the newest migration, {revision}")


async def clock(site: Site) -> Finding:
    """This machine's clock against PostgreSQL's."""
    try:
        connection = await connected(site.database_url("auth", "app"))
    except (asyncpg.PostgresError, OSError):
        return unknown("clock", "no database to compare with")
    try:
        difference = abs(datetime.now(UTC) - await connection.fetchval("SELECT clock_timestamp()"))
    finally:
        await connection.close()
    if difference > MOST_DIFFERENCE:
        return wrong("clock", f"{difference.total_seconds():.0f} seconds away from PostgreSQL's")
    return well("clock", "agrees with PostgreSQL's")


STREAMS = """
    SELECT client_id, status, reason,
           clock_timestamp() - heard_at AS silent, clock_timestamp() - verified_at AS verified,
           (SELECT count(*) FROM event_deliveries WHERE receiver = client_id AND acknowledged_at IS NULL) AS waiting
    FROM event_receivers ORDER BY client_id
"""


async def streams(site: Site) -> list[Finding]:
    """The streams over which auth tells the other services who may do what."""
    try:
        connection = await connected(site.database_url("auth", "app"))
    except (asyncpg.PostgresError, OSError):
        return [unknown("event streams", "no database to ask")]
    try:
        found = await connection.fetch(STREAMS)
    except asyncpg.PostgresError as problem:
        return [unknown("event streams", f"cannot be read ({type(problem).__name__})")]
    finally:
        await connection.close()
    return [stream(dict(row)) for row in found] or [unknown("event streams", "none yet: no service has begun")]


def stream(row: Mapping[str, Any]) -> Finding:
    """One receiver's: `silent` and `verified` are how long ago it was heard of, and its stream last proved to work."""
    what = f"event stream of {row['client_id']}"
    if row["status"] != "enabled":
        return wrong(what, f"{row['status']} ({row['reason'] or 'no reason given'})")
    if row["silent"] > MOST_SILENT:
        return wrong(what, f"nothing heard of the receiver for {row['silent'].total_seconds():.0f} seconds")
    proved = f"verified {row['verified'].total_seconds():.0f} seconds ago" if row["verified"] else "not verified yet"
    return well(what, f"enabled, {proved}, {row['waiting']} events waiting")


async def connected(url: str) -> asyncpg.Connection:
    connecting = asyncpg.connect(url.replace("+asyncpg", ""), timeout=SECONDS, command_timeout=SECONDS)
    connection: asyncpg.Connection = await asyncio.wait_for(connecting, SECONDS)
    return connection


async def waiting_jobs(site: Site, service: str) -> Finding:
    """Jobs that nobody takes, and dead letters, which somebody should look after."""
    what = f"{service}'s jobs"
    found = Database.connect(site.database_url(service, "worker"), pool_size=1, longest_statement=SECONDS)
    try:
        async with found.autocommitting() as connection:
            counted = await jobs.count(connection)
    except (SQLAlchemyError, OSError) as problem:
        return unknown(what, f"cannot be counted ({type(problem).__name__})")
    finally:
        await found.close()
    if dead := told(counted, "dead"):
        return wrong(what, f"given up: {dead}; `afterglow jobs list` shows them")
    if late := told([each for each in counted if each.late > MOST_LATE], "waiting"):
        return wrong(what, f"overdue, so no worker takes them: {late}")
    return well(what, f"waiting: {told(counted, 'waiting') or 'none'}; given up: none")


def told(counted: Sequence[JobCount], state: str) -> str:
    return ", ".join(f"{each.number} {each.name}" for each in counted if each.state == state)
