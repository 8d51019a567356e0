"""Whoever writes in a client's record, with what writing needs."""

from dataclasses import dataclass
from uuid import UUID

from afterglow_foundation.sealing import DataKey
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Writer:
    """The therapist `by`, found to treat `client`, with that client's data key, in one transaction."""

    session: AsyncSession
    key: DataKey
    by: UUID
    client: UUID
