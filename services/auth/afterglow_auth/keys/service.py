"""What an admin sees and does about signing keys."""

from datetime import UTC, datetime

from afterglow_foundation.callers import Caller
from afterglow_foundation.sealing import KeyProvider
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.audit import Verb, record
from afterglow_auth.keys.schemas import KeyOut
from afterglow_auth.oauth.models import SigningKey
from afterglow_auth.oauth.signing_keys import ONE_AT_A_TIME, find_last, rotate

SHOWN = 20


async def listed(session: AsyncSession, caller: Caller | None = None) -> list[KeyOut]:
    """The newest keys, the newest first."""
    asked = select(SigningKey).order_by(col(SigningKey.active_at).desc(), col(SigningKey.id).desc()).limit(SHOWN)
    now = datetime.now(UTC)
    await record(session, Verb.keys_listed, caller)
    return [KeyOut.of(key, now) for key in await session.scalars(asked)]


async def make_next(
    session: AsyncSession, sealed_with: KeyProvider, caller: Caller | None = None
) -> tuple[KeyOut, bool]:
    """The next key, and whether it was made just now: one that waits for its time already is answered as it is."""
    await session.execute(ONE_AT_A_TIME)
    last = await find_last(session)
    key = await rotate(session, sealed_with, caller)
    return KeyOut.of(key, datetime.now(UTC)), last is None or key.id != last.id
