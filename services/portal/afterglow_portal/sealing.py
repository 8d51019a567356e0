"""Portal's data keys: one per client, and one for each therapist's process notes about a client."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.sealing import DataKey, DataKeyStore, FileKeyProvider
from afterglow_foundation.settings import ServiceSettings
from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from afterglow_portal import models


def key_store(settings: ServiceSettings) -> DataKeyStore:
    """A store on `keys.data_keys`; raises ValueError for settings without usable key-encryption keys."""
    return DataKeyStore(models.DataKey, FileKeyProvider(settings.key_encryption_keys.get_secret_value()))


async def keys_of(request: Request) -> DataKeyStore:  # async: a plain function would go through a thread
    keys: DataKeyStore = request.app.state.data_keys
    return keys


Keys = Annotated[DataKeyStore, Depends(keys_of)]


async def find_key(keys: DataKeyStore, session: AsyncSession, owner: UUID) -> DataKey | None:
    """The key of `owner` if the session's row context may read it, without a question if it is remembered.

    Only for an owner whose rows the caller has already been found to be allowed to read.
    """
    if key := keys.remembered(owner):
        return key
    key = await keys.find(session, owner)
    if key:
        keys.remember(key)  # it was committed by whoever made it: this session makes none
    return key
