"""Sealing: what a person writes is encrypted under a data key of their own, bound to its place."""

from afterglow_foundation.sealing.box import OVERHEAD_BYTES, Binding, DataKey, SealBrokenError
from afterglow_foundation.sealing.providers import FileKeyProvider, KeyProvider, WrappedKey
from afterglow_foundation.sealing.store import DataKeyColumns, DataKeyStore

__all__ = [
    "OVERHEAD_BYTES",
    "Binding",
    "DataKey",
    "DataKeyColumns",
    "DataKeyStore",
    "FileKeyProvider",
    "KeyProvider",
    "SealBrokenError",
    "WrappedKey",
]
