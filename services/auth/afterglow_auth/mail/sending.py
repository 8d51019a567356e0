"""Promising a letter, in the transaction of what it is about."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from afterglow_foundation import jobs
from afterglow_foundation.identifiers import new_id
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.mail.letters import Letter

SEND_LETTER = "send_letter"


async def send_later(
    session: AsyncSession, letter: Letter, *, to: UUID, about: UUID | None = None, after: timedelta | None = None
) -> None:
    """Send `letter` to a person once the caller's transaction has committed; at least once, nearly always just once.

    `about` is the id of the row it is about. Neither address nor text nor link is stored: all of it is looked up and
    derived when the letter is sent.
    """
    payload = {"id": new_id().hex, "letter": letter.name, "to": str(to), "about": str(about) if about else None}
    await jobs.enqueue(session, SEND_LETTER, payload, after=after)


async def send_each_later(session: AsyncSession, letter: Letter, receivers: Iterable[tuple[UUID, UUID | None]]) -> None:
    """The same letter to many at once: to whom, and about which row."""
    payloads = [
        {"id": new_id().hex, "letter": letter.name, "to": str(to), "about": str(about) if about else None}
        for to, about in receivers
    ]
    await jobs.enqueue_each(session, SEND_LETTER, payloads)
