"""Chunks: each sealed with a nonce of its own for its place, so that none opens elsewhere and none can be left out.

What is sealed with a chunk names the owner, the row it belongs to, the index and whether it is the last. A chunk that
was moved, exchanged or altered does not open; where the last ones were cut off, the one that stands there now was not
sealed as the last.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_foundation.sealing.box import OVERHEAD_BYTES, Binding, DataKey, SealBrokenError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chunk stands in the whole: `begin` to before `end`."""

    index: int
    begin: int
    end: int
    last: bool


@dataclass(frozen=True, slots=True)
class Chunks:
    """The content of one row, kept in the rows of a table that are `of` it, each with an `index` and its `content`.

    `binding` names that row; its column is what the content is called.
    """

    binding: Binding
    of: ColumnElement[bool]
    index: Any
    content: Any

    def place(self, index: int, *, last: bool) -> Binding:
        return replace(self.binding, column=f"{self.binding.column}/{index}/{'last' if last else 'more'}")

    def seal(self, content: bytes, key: DataKey, index: int, *, last: bool) -> bytes:
        return key.seal_bytes(content, self.place(index, last=last))

    async def places(self, session: AsyncSession, *, chunks: int, size: int) -> list[Place]:
        """Every chunk of what is whole. Raises SealBrokenError where one is missing or too many."""
        length = func.octet_length(self.content) - OVERHEAD_BYTES
        places: list[Place] = []
        for index, bytes_in_it in await session.execute(select(self.index, length).where(self.of).order_by(self.index)):
            begin = places[-1].end if places else 0
            places.append(Place(index, begin, begin + bytes_in_it, last=index == chunks - 1))
        if [place.index for place in places] != list(range(chunks)) or places[-1].end != size:
            raise SealBrokenError("chunks are missing, or there are too many")
        return places

    async def open(self, session: AsyncSession, place: Place, key: DataKey) -> bytes:
        """The content of one chunk. Raises SealBrokenError."""
        found = await session.scalar(select(self.content).where(self.of, self.index == place.index))
        if found is None:
            raise SealBrokenError("a chunk is missing")
        return key.open_bytes(found, self.place(place.index, last=place.last))
