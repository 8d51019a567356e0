"""What a request leaves behind in its service's database."""

from typing import NamedTuple

from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

TABLES = text("""
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname IN ('public', 'keys') AND tablename NOT IN ('audit_events', 'alembic_version') ORDER BY 1
""")
REFUSALS = text("SELECT count(*) FROM audit_events WHERE outcome = 'refused' AND actor_id = :person")


class Traces(NamedTuple):
    """How many refusals of the person the audit holds, and a digest of all rows of every other table."""

    refusals: int
    rows: list[str]


async def traces_in(database: RolledBackDatabase, person: Person | None) -> Traces:
    async with database.arrange() as session:
        refusals = await session.scalar(REFUSALS, {"person": person.id if person else None})
        tables = (await session.scalars(TABLES)).all()
        digests = [
            f"SELECT '{table}: ' || coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), 'empty') FROM {table} t"  # noqa: S608  # names from the catalogue
            for table in tables
        ]
        rows = (await session.scalars(text(" UNION ALL ".join(digests)))).all()
    assert rows
    return Traces(int(refusals or 0), sorted(rows))
