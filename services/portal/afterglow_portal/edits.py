"""Edits that are safe to send twice: each has an id of its sender's making, kept with the version that it made."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from afterglow_foundation.errors import Conflict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col


@dataclass(frozen=True, slots=True)
class Edit:
    """What is known of an edit that was acknowledged: the version it made, and when."""

    version: int
    made_at: datetime | None


class Versioned(Protocol):
    """A row of a client's, current or earlier."""

    client_id: UUID
    id: UUID
    version: int


class Earlier(Versioned, Protocol):
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Edits:
    """The edits of rows of `current`. `versions` keep what they replaced, of the row that their column `of` names.

    `named` says what an edit is called there (`version_id`, `change_id`), `at` when the current version was made.
    """

    current: Any
    versions: Any
    of: str
    named: str = "version"
    at: str = "edited_at"

    async def made_before(self, session: AsyncSession, row: Versioned, edit_id: UUID, digest: bytes) -> Edit | None:
        """The edit of `row` that was sent under `edit_id` before, if it was.

        Raises Conflict where another body was sent under that id, or to another row of the same client.
        """
        if getattr(row, f"{self.named}_id") == edit_id:
            return self.same(row, getattr(row, self.at), digest)
        earlier = await self.find(session, self.versions, row.client_id, edit_id)
        if earlier is None:
            # Also where another row stands at this very edit: its next one would find its place taken.
            if await self.find(session, self.current, row.client_id, edit_id) is not None:
                raise Conflict
            return None
        if getattr(earlier, self.of) != row.id:
            raise Conflict
        return self.same(earlier, earlier.made_at, digest)

    async def find(self, session: AsyncSession, table: type[Any], client: UUID, edit_id: UUID) -> Earlier | None:
        sent = col(getattr(table, f"{self.named}_id")) == edit_id
        found: Earlier | None = await session.scalar(select(table).where(col(table.client_id) == client, sent))
        return found

    def same(self, row: Versioned, made_at: datetime | None, digest: bytes) -> Edit:
        if getattr(row, f"{self.named}_digest") != digest:
            raise Conflict
        return Edit(row.version, made_at)
