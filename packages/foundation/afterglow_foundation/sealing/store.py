"""One live data key per owner, kept wrapped in schema `keys`, opened ones remembered in memory."""

import os
from collections import OrderedDict
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import DateTime, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, SQLModel, col

from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing.box import KEY_BYTES, DataKey
from afterglow_foundation.sealing.providers import KeyProvider, WrappedKey

REMEMBERED_KEYS = 5_000


class DataKeyColumns(SQLModel):
    """A wrapped data key; each service that seals has such a table, `keys.data_keys`."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner_id: UUID = Field(unique=True)
    key_version: int
    wrapped: bytes
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))


class DataKeyStore:
    """Finds or makes the data key of an owner (a client; for messages, a conversation)."""

    def __init__(self, table: type[DataKeyColumns], provider: KeyProvider) -> None:
        self._table = table
        self._provider = provider
        self._remembered: OrderedDict[UUID, DataKey] = OrderedDict()

    def remembered(self, owner: UUID) -> DataKey | None:
        """The key without a question to the database, or None."""
        return self._remembered.get(owner)

    async def find(self, session: AsyncSession, owner: UUID) -> DataKey | None:
        """Return the owner's key if the session's row context may read it."""
        row = (
            await session.execute(select(self._table).where(col(self._table.owner_id) == owner))
        ).scalar_one_or_none()
        return await self._open(row) if row else None

    async def find_or_make(self, session: AsyncSession, owner: UUID) -> DataKey:
        """Return the owner's key, made now if there is none; two makers at once get the same one."""
        if key := await self.find(session, owner):
            return key
        wrapped = await self._provider.wrap(os.urandom(KEY_BYTES), context(owner))
        values = {
            "id": new_id(),
            "owner_id": owner,
            "key_version": wrapped.version,
            "wrapped": wrapped.wrapped,
            "created_at": datetime.now(UTC),
        }
        await session.execute(insert(self._table).values(**values).on_conflict_do_nothing())
        key = await self.find(session, owner)
        if key is None:
            raise LookupError("the row context may not read the data key it made")
        return key

    def remember(self, key: DataKey) -> None:
        """Keep an opened key in memory; call only once its row is committed."""
        self._remembered[key.owner] = key
        if len(self._remembered) > REMEMBERED_KEYS:
            self._remembered.popitem(last=False)

    async def _open(self, row: DataKeyColumns) -> DataKey:
        material = await self._provider.unwrap(WrappedKey(row.key_version, row.wrapped), context(row.owner_id))
        return DataKey(id=row.id, owner=row.owner_id, material=material)


def context(owner: UUID) -> bytes:
    """Additional data of a wrapped key: it opens only as this owner's."""
    return f"data key of {owner}".encode()
