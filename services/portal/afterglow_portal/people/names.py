"""How those at the practice are called, whoever asks and whoever has left since."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

NAMES = text("SELECT id, name FROM staff_names(:people)").bindparams(bindparam("people", type_=ARRAY(Uuid)))


async def names_of(session: AsyncSession, people: Collection[UUID]) -> Mapping[UUID, str]:
    """By id. Who wrote a record is named to whoever reads it, also when they treat its client no more.

    A client's name is not among them: no record is written in it that others read.
    """
    rows = await session.execute(NAMES, {"people": list(people)})
    return {row.id: row.name for row in rows}
