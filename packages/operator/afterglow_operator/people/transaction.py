"""One act in one transaction of auth's, as its worker role; its audit events say that the operator did it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from afterglow_auth.audit import Verb, as_operator, record
from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.errors import Problem, Refusal
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_operator.errors import OperatorError
from afterglow_operator.sites import Site

Answer = TypeVar("Answer")
Act = Callable[[AsyncSession], Awaitable[Answer]]


async def carry_out(site: Site, act: Act[Answer]) -> Answer:
    """Run `act`. OperatorError, in one sentence, when auth refuses it (which is audited too) or cannot be reached."""
    database = Database.connect(site.database_url("auth", "worker"), pool_size=1)
    try:
        with as_operator():
            return await committed(database, act)
    except (DBAPIError, OSError) as problem:
        kind = type(problem).__name__
        raise OperatorError(f"Auth's database cannot be used ({kind}); `afterglow doctor` looks further.") from problem
    finally:
        await database.close()


async def committed(database: Database, act: Act[Answer]) -> Answer:
    try:
        async with database.unit_of_work(RowContext()) as session:
            return await act(session)
    except Problem as problem:
        if problem.refusal:
            await keep(database, problem.refusal)
        raise OperatorError(sentence(problem)) from problem


async def keep(database: Database, refusal: Refusal) -> None:
    async with database.unit_of_work(RowContext()) as session:
        await record(
            session,
            Verb(refusal.action),
            object_id=refusal.object_id,
            subject_id=refusal.subject_id,
            outcome=Outcome.refused,
        )


def sentence(problem: Problem) -> str:
    said = " ".join(error.message for error in problem.errors) or problem.detail or problem.title
    return said if said.endswith(".") else f"{said}."
