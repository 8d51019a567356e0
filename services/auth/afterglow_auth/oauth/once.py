"""What serves once: of everybody who shows it, whoever stores its hash first has it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.oauth.models import UsedAssertion


@dataclass(frozen=True, slots=True)
class SpentOnce:
    """The right of an assertion or a proof to be used, not yet taken."""

    jti_hash: bytes
    expires_at: datetime


async def take(session: AsyncSession, right: SpentOnce) -> bool:
    """Whether it was there to be taken, in the caller's transaction."""
    stored = await session.scalar(
        insert(UsedAssertion)
        .values(jti_hash=right.jti_hash, expires_at=right.expires_at)
        .on_conflict_do_nothing()
        .returning(col(UsedAssertion.jti_hash))
    )
    return stored is not None
