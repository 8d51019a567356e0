"""Data keys of conversations: one key per conversation, which everybody's messages there are sealed under."""

from typing import Annotated

from afterglow_foundation.sealing import DataKeyStore, FileKeyProvider
from afterglow_foundation.settings import ServiceSettings
from fastapi import Depends
from starlette.requests import Request

from afterglow_messaging.base import DataKeyRow


def make_store(settings: ServiceSettings) -> DataKeyStore:
    """The store of conversation keys. Raises ValueError when the settings hold no usable key-encryption key."""
    return DataKeyStore(DataKeyRow, FileKeyProvider(settings.key_encryption_keys.get_secret_value()))


async def store_of(request: Request) -> DataKeyStore:
    store: DataKeyStore = request.app.state.keys
    return store


ConversationKeys = Annotated[DataKeyStore, Depends(store_of)]
