"""PostgreSQL: engine, units of work, and the row context that row-level security reads."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from sqlalchemy import Executable, Insert, MetaData, Table, bindparam, event, insert, text
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.util import greenlet_spawn
from sqlmodel import SQLModel
from starlette.requests import Request

from afterglow_foundation.callers import Caller, find_caller
from afterglow_foundation.single_statement import Found, SingleStatements

SET_CONTEXT = text(
    "SELECT set_config('app.person', :person, true), set_config('app.role', :role, true)",
)
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def make_metadata() -> MetaData:
    """Metadata with one naming convention; each service makes its own Base on it."""
    return MetaData(naming_convention=NAMING_CONVENTION)


@dataclass(frozen=True, slots=True)
class RowContext:
    """Who a transaction acts for. Nobody means that row-level security shows no client's row.

    For nobody nothing is set, which saves a round trip: what an earlier transaction on the connection set was its own.
    """

    person: UUID | None = None
    role: str | None = None

    @classmethod
    def of(cls, caller: Caller | None) -> "RowContext":
        return cls(caller.id, caller.role) if caller else cls()

    def parameters(self) -> dict[str, str]:
        """The bind values `person` and `role`, as `set_config` takes them."""
        return {"person": str(self.person or ""), "role": self.role or ""}


NOBODY = RowContext()


class Database:
    """One service's database, used as one role of it."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._committing = async_sessionmaker(self._autocommit, expire_on_commit=False)
        self._alone = SingleStatements(engine.sync_engine)

    @classmethod
    def connect(
        cls, url: str, *, pool_size: int = 16, longest_statement: float | None = None, generic_plans: bool = False
    ) -> "Database":
        """Make an engine; nothing connects before the first statement. `longest_statement` is in seconds.

        With `generic_plans` a statement is planned once for each connection, not anew for each of its first five
        uses: right where every statement finds its rows by a key, whatever the values are (decision 0070). The
        connection used last is used next, so that few are kept warm.
        """
        engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_use_lifo=True,
            hide_parameters=True,  # an error's text must not carry what a person wrote
            connect_args={
                "command_timeout": longest_statement,
                "server_settings": {"plan_cache_mode": "force_generic_plan" if generic_plans else "auto"},
            },
        )
        event.listen(engine.sync_engine, "checkout", refuse_closed)
        return cls(engine)

    @asynccontextmanager
    async def unit_of_work(self, context: RowContext) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends well, rolled back when it raises."""
        async with self.sessions() as session, session.begin():
            if context != NOBODY:
                await act_for(session, context)
            yield session

    async def single_statement(self, statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Found]:
        """Run one statement that is its own transaction; for the named hot paths only.

        The statement's first CTE must call `set_config(…, true)` for `app.person` and `app.role`, and every
        other part must select from that CTE: unreferenced, it never runs.

        Connecting, executing and giving back happen in one greenlet; an `AsyncConnection` makes one for each,
        which cost a refresh a tenth of its processor time.
        """
        return await greenlet_spawn(self._alone.run, statement, parameters)

    @asynccontextmanager
    async def autocommitting(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which each statement is its own transaction; no session, which would cost as much again."""
        async with self._autocommit.connect() as connection:
            yield connection

    @asynccontextmanager
    async def committing_each(self) -> AsyncIterator[AsyncSession]:
        """The same with a session, for what needs its objects: BEGIN and COMMIT would be two round trips more."""
        async with self._committing() as session:
            yield session

    async def close(self) -> None:
        await self.engine.dispose()


def insert_as(prefix: str, table: type[SQLModel]) -> Insert:
    """An INSERT of one whole row whose parameters are named `<prefix>_<column>`: several can share a statement.

    For a hot path, made once: the unit of work's mapper costs as much again as the statement that it sends.
    """
    plain: Table = table.__table__  # type: ignore[attr-defined]  # SQLModel's stubs do not know it
    return insert(plain).values({one.key: bindparam(f"{prefix}_{one.key}", type_=one.type) for one in plain.c})


def values_as(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of `insert_as`."""
    return {f"{prefix}_{name}": value for name, value in values.items()}


async def act_for(session: AsyncSession, context: RowContext) -> None:
    """Let the rest of a transaction act for somebody: it began with nobody, who has proved meanwhile who they are."""
    await session.execute(SET_CONTEXT, context.parameters())


def refuse_closed(dbapi_connection: Any, _record: object, _proxy: object) -> None:  # noqa: ANN401  # asyncpg's, adapted
    """Let the pool replace a connection that the server ended, and all of its age.

    So no request has to fail first after a restart of PostgreSQL. It looks at the socket's state only; a ping would
    cost every request a round trip.
    """
    if dbapi_connection.driver_connection.is_closed():
        raise InvalidatePoolError


async def unit_of_work(request: Request) -> AsyncIterator[AsyncSession]:
    """The request's transaction, acting for its caller. Commits before the answer is sent (function scope)."""
    database: Database = request.app.state.database
    async with database.unit_of_work(RowContext.of(await find_caller(request))) as session:
        yield session


async def database_of(request: Request) -> Database:
    """The database itself, for a named hot path that uses `single_statement`. Async, to stay out of the thread pool."""
    database: Database = request.app.state.database
    return database


UnitOfWork = Annotated[AsyncSession, Depends(unit_of_work, scope="function")]
SingleStatement = Annotated[Database, Depends(database_of)]
