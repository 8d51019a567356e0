"""Say what is wished, and take it back; every version stays."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.errors import Conflict
from afterglow_foundation.sealing import DataKey, DataKeyStore
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.preferences.content import opened, opens_wider, preferences_out, sealed
from afterglow_portal.preferences.locking import LockedUntilMorning, locked_until
from afterglow_portal.preferences.models import SupportPreferences
from afterglow_portal.preferences.policy import versions_of
from afterglow_portal.preferences.schemas import (
    Answer,
    Preferences,
    PreferencesBody,
    PreferencesContent,
    Wishes,
    WithdrawalBody,
)
from afterglow_portal.sealing import find_key

MOST_TRIES = 20


class PreferencesChanged(Conflict):
    code, title = "preferences_changed", "This was changed since you opened it"


async def record(
    session: AsyncSession, key: DataKey, version_id: UUID, body: PreferencesBody, *, at: datetime | None = None
) -> bool:
    """Store a new version; False if it was stored before.

    Raises PreferencesChanged for one made from a version that is no longer current, Conflict, and LockedUntilMorning
    for one that allows more than before. `at` is when it was made where that was earlier, elsewhere.
    """
    digest = key.digest(body.canonical())
    if await stored(session, key, version_id, digest):
        return False
    current = await newest(session, key.owner)
    if body.base_version != (current.version if current else 0):
        raise PreferencesChanged
    before = opened(current, key) if current else Wishes()
    if at is None and opens_wider(before, body) and await locked_until(session, key.owner):
        raise LockedUntilMorning
    content = PreferencesContent(**body.model_dump(include=set(Wishes.model_fields)))
    if await add(session, key, version_id, content, current=current, digest=digest, at=at):
        return True
    if await stored(session, key, version_id, digest):
        return False
    raise PreferencesChanged


async def withdraw(session: AsyncSession, key: DataKey, version_id: UUID, body: WithdrawalBody) -> bool:
    """Take one permission back, at any moment. False if that was done before, or nothing was allowed.

    Whatever else is being saved at that moment does not stand in its way: it is put on top of it.
    """
    digest = key.digest(body.canonical())
    for _ in range(MOST_TRIES):
        if await stored(session, key, version_id, digest):
            return False
        current = await newest(session, key.owner)
        before = opened(current, key) if current else PreferencesContent()
        if before.answer(body.wish) in {None, Answer.no}:
            return False
        content = before.model_copy(update={str(body.wish): Answer.no, "withdrawn": body.wish})
        if await add(session, key, version_id, content, current=current, digest=digest):
            return True
    raise Conflict


async def newest(session: AsyncSession, client: UUID) -> SupportPreferences | None:
    found: SupportPreferences | None = await session.scalar(versions_of(client).limit(1))
    return found


async def stored(session: AsyncSession, key: DataKey, version_id: UUID, digest: bytes) -> bool:
    """Whether this very one was. Raises Conflict where another was, under this id."""
    found: SupportPreferences | None = await session.scalar(
        versions_of(key.owner).where(col(SupportPreferences.id) == version_id)
    )
    if found is not None and found.body_digest != digest:
        raise Conflict
    return found is not None


async def add(
    session: AsyncSession,
    key: DataKey,
    version_id: UUID,
    content: PreferencesContent,
    *,
    current: SupportPreferences | None,
    digest: bytes,
    at: datetime | None = None,
) -> bool:
    """Put it after `current`; False where another is there by now."""
    made = await session.execute(
        insert(SupportPreferences)
        .values(
            client_id=key.owner,
            id=version_id,
            version=current.version + 1 if current else 1,
            content=sealed(content, version_id, key),
            made_at=at or datetime.now(UTC),
            body_digest=digest,
        )
        .on_conflict_do_nothing()
        .returning(col(SupportPreferences.id))
    )
    return made.first() is not None


async def find_preferences(session: AsyncSession, keys: DataKeyStore, client: UUID) -> Preferences:
    rows = list(await session.scalars(versions_of(client)))
    key = await find_key(keys, session, client) if rows else None
    if rows and key is None:
        raise LookupError("preferences whose client has no data key that may be read")
    versions = [preferences_out(row, key) for row in rows if key]
    current, before = (versions[0], versions[1:]) if versions else (None, [])
    return Preferences(current=current, before=before, locked_until=await locked_until(session, client))
