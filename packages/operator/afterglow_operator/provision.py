"""Databases and roles: one database and four roles per service, and nothing for anyone else.

`S_owner` owns the database and migrates it, `S_app` serves requests under row-level security, `S_worker`
applies feeds and runs jobs, `S_auditor` reads audit events. Migrations grant what each may do with a table.
"""

from collections.abc import Mapping, Sequence

import asyncpg

SERVICES = ("auth", "portal", "messaging", "web")
KINDS = ("owner", "app", "worker", "auditor")
# No membership, no bypass of row-level security, nothing beyond its own database.
ROLE = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT"
LOCK = 0x_AF7E_6101  # any number that nothing else locks: provisioning runs one at a time


def role_names(service: str) -> tuple[str, ...]:
    """Return the four roles of a service, its owner first."""
    return tuple(f"{service}_{kind}" for kind in KINDS)


async def provision(
    admin_url: str,
    passwords: Mapping[str, str],
    services: Sequence[str] = SERVICES,
    database_prefix: str = "afterglow_",
) -> None:
    """Make what is missing of the services' roles and databases, and set every role's password.

    `admin_url` is a superuser's, in asyncpg's form; `passwords` holds one per role name. Safe to repeat and
    to run from several processes at once.
    """
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        for service in services:
            await _roles(connection, service, passwords)
            await _database(connection, service, f"{database_prefix}{service}")
            await _schema(admin_url, service, f"{database_prefix}{service}")
    finally:
        await connection.close()  # which also gives the lock back


async def _roles(connection: asyncpg.Connection, service: str, passwords: Mapping[str, str]) -> None:
    existing = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
    for role in role_names(service):
        verb = "ALTER" if role in existing else "CREATE"
        password = await connection.fetchval("SELECT quote_literal($1::text)", passwords[role])
        await connection.execute(f'{verb} ROLE "{role}" {ROLE} PASSWORD {password}')


async def _database(connection: asyncpg.Connection, service: str, name: str) -> None:
    owner, *others = role_names(service)
    if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
        await connection.execute(f'CREATE DATABASE "{name}" OWNER "{owner}"')
    await connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
    await connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO {_quoted(others)}')


async def _schema(admin_url: str, service: str, database: str) -> None:
    owner, *others = role_names(service)
    connection = await asyncpg.connect(admin_url, database=database)
    try:
        await connection.execute(f'ALTER SCHEMA public OWNER TO "{owner}"')
        await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        await connection.execute(f"GRANT USAGE ON SCHEMA public TO {_quoted(others)}")
    finally:
        await connection.close()


def _quoted(roles: Sequence[str]) -> str:
    return ", ".join(f'"{role}"' for role in roles)
