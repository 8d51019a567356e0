"""Who opened what of a client's, and first when: the same question to the table of each room."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.people.schemas import Named


class FirstReading(BaseModel):
    """Who opened it first when."""

    reader: Named
    read_at: datetime


Shape = TypeVar("Shape", bound=FirstReading)


@dataclass(frozen=True, slots=True)
class Readings(Generic[Shape]):
    """The readings in `table`, of what its column `of` names, told as `shape`."""

    table: Any
    of: str
    shape: type[Shape]

    async def by_object(self, session: AsyncSession, client: UUID, objects: Iterable[UUID]) -> dict[UUID, list[Shape]]:
        """By object, each reader once and the earliest first, as far as the caller may know.

        With the newest version they opened, where the table tells versions apart.
        """
        table, of = self.table, col(getattr(self.table, self.of))
        first = func.min(col(table.read_at))
        newest = [func.max(col(table.version)).label("version")] if "version" in table.model_fields else []
        rows = await session.execute(
            select(
                of.label("object"),
                col(table.reader_id),
                func.max(col(table.reader_name)).label("name"),
                first.label("read_at"),
                *newest,
            )
            .where(col(table.client_id) == client, of.in_(list(objects)))
            .group_by(of, col(table.reader_id))
            .order_by(first)
        )
        found: dict[UUID, list[Shape]] = {}
        for row in rows.mappings():
            reader = Named(id=row["reader_id"], name=row["name"])
            found.setdefault(row["object"], []).append(self.shape.model_validate({**row, "reader": reader}))
        return found


def by_whom(readings: Sequence[FirstReading]) -> str:
    """Names and times, for a problem's own words."""
    return "; ".join(f"{one.reader.name}, {one.read_at:%Y-%m-%dT%H:%M:%SZ}" for one in readings)
