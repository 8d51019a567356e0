"""Data keys of conversations: one key per conversation, which both parties' messages are sealed under."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKey, DataKeyStore, FileKeyProvider
from afterglow_foundation.settings import ServiceSettings
from fastapi import Depends
from starlette.requests import Request

from afterglow_messaging.base import DataKeyRow


def make_store(settings: ServiceSettings) -> DataKeyStore:
    """The store of conversation keys. Raises ValueError when the settings hold no usable key-encryption key."""
    return DataKeyStore(DataKeyRow, FileKeyProvider(settings.key_encryption_keys.get_secret_value()))


def store_of(request: Request) -> DataKeyStore:
    store: DataKeyStore = request.app.state.keys
    return store


async def open_key(database: Database, store: DataKeyStore, caller: Caller, conversation: UUID) -> DataKey | None:
    """The conversation's key, from memory or the database; None where the caller may not read it.

    A remembered key says nothing about the caller: whoever uses it must still be judged by the rows.
    """
    if key := store.remembered(conversation):
        return key
    async with database.unit_of_work(RowContext.of(caller)) as session:
        key = await store.find(session, conversation)
    if key is not None:
        store.remember(key)
    return key


ConversationKeys = Annotated[DataKeyStore, Depends(store_of)]
