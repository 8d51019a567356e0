"""How far a service's database is migrated; without Alembic, whose import takes longer than the rest of a start."""

import asyncio

import asyncpg
from afterglow_foundation.revisions import newest


def is_newest(service: str, owner_url: str) -> bool:
    """Whether it stands at the newest revision of the code at hand. Not inside a running event loop."""
    return asyncio.run(revision_of(owner_url)) == newest(f"afterglow_{service}")


async def revision_of(url: str) -> str | None:
    """The revision that a database stands at; None for an empty one."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()
    return revision
