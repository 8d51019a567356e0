"""Seal and open what the session keeps: tokens and kept forms, under the person's own data key."""

from uuid import UUID

from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import Binding, DataKey, DataKeyStore, FileKeyProvider
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_web.base import DataKey as DataKeyTable
from afterglow_web.settings import Settings


class Vault:
    """Data keys of people, opened ones remembered."""

    def __init__(self, settings: Settings, database: Database) -> None:
        provider = FileKeyProvider(settings.key_encryption_keys.get_secret_value())
        self._store = DataKeyStore(DataKeyTable, provider)
        self._database = database

    async def key_of(self, person: UUID) -> DataKey:
        """Return the person's key, made now if there is none."""
        if remembered := self._store.remembered(person):
            return remembered
        async with self._database.unit_of_work(RowContext(person)) as work:
            key = await self._store.find_or_make(work, person)
        self._store.remember(key)
        return key

    async def key_within(self, work: AsyncSession, person: UUID) -> DataKey:
        """Return the person's key inside a transaction that acts for them."""
        return self._store.remembered(person) or await self._store.find_or_make(work, person)


def binding(table: str, column: str, row: UUID, person: UUID) -> Binding:
    return Binding(service="web", table=table, column=column, row=row, owner=person)
