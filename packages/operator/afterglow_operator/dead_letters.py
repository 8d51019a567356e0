"""What `afterglow jobs …` does: jobs that were given up are listed, tried again or dropped."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from afterglow_foundation.database import Database
from afterglow_foundation.jobs.dead_letters import DeadLetter, dead_letters, drop, retry
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from afterglow_operator import sites
from afterglow_operator.errors import OperatorError
from afterglow_operator.printing import print_json

SERVICE = "auth"  # the one that has jobs
Answer = TypeVar("Answer")
Change = Callable[[AsyncConnection, Sequence[int]], Awaitable[list[int]]]
console = Console(highlight=False)


def list_all(var: Path, *, as_json: bool) -> None:
    """Print every dead letter, the newest first."""
    found = asyncio.run(connected(var, dead_letters))
    if as_json:
        print_json([asdict(each) for each in found])
    elif found:
        console.print(tabulated(found))
    else:
        console.print("No job has been given up.")


def tabulated(found: Sequence[DeadLetter]) -> Table:
    table = Table("id", "job", Column("about", overflow="fold"), "tries", "given up (UTC)", "because", box=None)
    for each in found:
        about = str(each.payload.get("letter") or "")
        table.add_row(str(each.id), each.name, about, str(each.tries), f"{each.given_up_at:%m-%d %H:%M}", each.because)
    return table


def try_again(var: Path, ids: Sequence[int], *, as_json: bool) -> None:
    """Have dead letters tried anew, all of them where none is named."""
    changed(var, ids, retry, "tried again", as_json=as_json)


def forget(var: Path, ids: Sequence[int], *, as_json: bool) -> None:
    """Drop dead letters for good."""
    changed(var, ids, drop, "dropped", as_json=as_json)


def changed(var: Path, ids: Sequence[int], change: Change, words: str, *, as_json: bool) -> None:
    async def act(connection: AsyncConnection) -> list[int]:
        return await change(connection, ids or [each.id for each in await dead_letters(connection)])

    done = asyncio.run(connected(var, act))
    if missed := [str(each) for each in ids if each not in done]:
        raise OperatorError(f"No job that was given up has the id {', '.join(missed)}.")
    if as_json:
        print_json(done)
    else:
        console.print(f"{len(done)} {words}.")


async def connected(var: Path, act: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
    database = Database.connect(sites.find(var).database_url(SERVICE, "worker"), pool_size=1)
    try:
        async with database.engine.begin() as connection:
            return await act(connection)
    except (DBAPIError, OSError) as problem:
        kind = type(problem).__name__
        raise OperatorError(f"The jobs of {SERVICE} cannot be reached ({kind}); see `afterglow doctor`.") from problem
    finally:
        await database.close()
