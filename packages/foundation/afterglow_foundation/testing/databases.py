"""Databases for tests: one connection whose transaction is rolled back, used as the service's app role."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker

from afterglow_foundation.database import SET_CONTEXT, Database, RowContext, act_for


class RolledBackDatabase(Database):
    """The real unit of work on savepoints of one outer transaction, which the test rolls back.

    The session factory is replaced, not the dependency, so requests run the code they run in production. The
    connection belongs to a superuser who has taken the app role on: row-level security applies as to that role.
    """

    def __init__(self, connection: AsyncConnection, role: str) -> None:
        self.connection = connection
        self.role = role
        self.engine = connection.engine
        self.sessions = async_sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)

    @asynccontextmanager
    async def unit_of_work(self, context: RowContext) -> AsyncIterator[AsyncSession]:
        """Acts for nobody in so many words: what an earlier one set outlives its savepoint."""
        async with self.sessions() as session, session.begin():
            await act_for(session, context)
            yield session

    @asynccontextmanager
    async def autocommitting(self) -> AsyncIterator[AsyncConnection]:
        """A savepoint of its own, on which no row context is left from an earlier transaction."""
        async with self.connection.begin_nested():
            await self.connection.execute(SET_CONTEXT, RowContext().parameters())
            yield self.connection

    @asynccontextmanager
    async def committing_each(self) -> AsyncIterator[AsyncSession]:
        async with self.unit_of_work(RowContext()) as session:
            yield session

    async def single_statement(self, statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        async with self.autocommitting() as connection:
            return (await connection.execute(statement, dict(parameters))).all()

    async def close(self) -> None:
        """Leave the connection to the fixture that opened it."""

    @asynccontextmanager
    async def arrange(self) -> AsyncIterator[AsyncSession]:
        """A session above row-level security, for putting rows in place and for looking at them."""
        async with self.as_role("none"), self.sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def as_role(self, role: str) -> AsyncIterator[None]:
        """Act as another role of the service for a while, for example its worker or auditor."""
        await self.connection.execute(text(f"SET LOCAL ROLE {role}"))
        try:
            yield
        finally:
            if self.connection.in_transaction():
                await self.connection.execute(text(f"SET LOCAL ROLE {self.role}"))


@dataclass(frozen=True, slots=True)
class MigratedDatabase:
    """A migrated test database: URLs (`postgresql+asyncpg://…`) of the superuser and of each role."""

    service: str
    superuser_url: str
    urls: dict[str, str]

    @property
    def app_url(self) -> str:
        return self.urls[f"{self.service}_app"]


UNSECURED_TABLES = text("""
    SELECT format('%s.%s', n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'keys')
      AND NOT (c.relrowsecurity AND c.relforcerowsecurity
               AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
    ORDER BY 1
""")


async def unsecured_tables(session: AsyncSession) -> set[str]:
    """Tables without forced row-level security and at least one policy."""
    return set((await session.execute(UNSECURED_TABLES)).scalars())
