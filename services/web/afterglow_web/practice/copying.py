"""The practice's settings as auth tells them, and as pages then show them."""

from afterglow_design.practice import Practice
from afterglow_foundation.database import Database
from afterglow_foundation.security_events.copying import upsert
from afterglow_foundation.security_events.facts import PracticeFact
from afterglow_foundation.security_events.polling import Snapshot
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_web.practice.models import PracticeCopy

SAVED = text("SELECT document FROM practice")


async def saved(database: Database) -> Practice | None:
    """What an admin has saved last, as far as it was told here."""
    rows = await database.single_statement(SAVED, {})
    return Practice.kept(rows[0].document) if rows else None


async def take_over(session: AsyncSession, snapshot: Snapshot) -> None:
    """Without any settings in it, the installation's hold again."""
    if snapshot.practice is None:
        await session.execute(delete(PracticeCopy).where(col(PracticeCopy.as_of) < snapshot.taken_at))
    else:
        await apply(session, snapshot.practice)


async def apply(session: AsyncSession, fact: PracticeFact) -> None:
    """Take the fact over, unless a newer one is here."""
    await upsert(session, PracticeCopy, [fact])
