"""With whom an entry is shared: the people who treat the client when it is said, and whom the client names later."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.course.impairment import impaired_until
from afterglow_portal.journal.models import JournalEntry, JournalReading, JournalShare
from afterglow_portal.journal.schemas import Reading, Sharing, TherapistNow
from afterglow_portal.people.care_now import standing_in_now, therapists_now
from afterglow_portal.people.names import names_of
from afterglow_portal.people.schemas import Named
from afterglow_portal.readings import Readings
from afterglow_portal.visibility import Visibility

READINGS = Readings(JournalReading, "entry_id", Reading)


async def set_shares(
    session: AsyncSession,
    client: UUID,
    entry_id: UUID,
    visibility: Visibility,
    *,
    version: int = 1,
    shared_at: datetime | None = None,
) -> None:
    """Share an entry, as of `version`, with whoever treats the client now, or with nobody.

    What was read must have been looked for. `shared_at` is when it was said, where that was elsewhere and earlier.
    """
    if visibility != Visibility.therapist:
        await session.execute(
            delete(JournalShare).where(col(JournalShare.client_id) == client, col(JournalShare.entry_id) == entry_id)
        )
        return
    said = shared_at or datetime.now(UTC)
    rows = [
        {"client_id": client, "entry_id": entry_id, "therapist_id": person.id, "version": version, "shared_at": said}
        for person in await therapists_now(session, client)
    ]
    if rows:
        await session.execute(insert(JournalShare).values(rows).on_conflict_do_nothing())


async def shared_since(session: AsyncSession, client: UUID, entries: Iterable[UUID]) -> dict[UUID, int]:
    """By entry, the version with which it was first shared with somebody whose shares the caller may see."""
    share = JournalShare
    rows = await session.execute(
        select(col(share.entry_id), func.min(col(share.version)).label("version"))
        .where(col(share.client_id) == client, col(share.entry_id).in_(list(entries)))
        .group_by(col(share.entry_id))
    )
    return {row.entry_id: row.version for row in rows}


async def shared_with(session: AsyncSession, client: UUID, entry_id: UUID) -> list[Named]:
    """The people it is shared with, as far as the caller sees that it is."""
    mine = col(JournalShare.client_id) == client, col(JournalShare.entry_id) == entry_id
    shares = select(col(JournalShare.therapist_id)).where(*mine)
    people = (await session.scalars(shares.order_by(col(JournalShare.shared_at), col(JournalShare.therapist_id)))).all()
    names = await names_of(session, people)
    return [Named(id=person, name=names.get(person, "")) for person in people]


async def sharing_of(session: AsyncSession, client: UUID) -> Sharing:
    """Who treats the client, and how many of the entries shared with somebody each of them cannot open."""
    therapists = await therapists_now(session, client)
    return Sharing(
        therapists=[
            TherapistNow(id=person.id, name=person.name, earlier=await count_earlier(session, client, person.id))
            for person in therapists
        ],
        standing_in=await standing_in_now(session, client) if therapists else [],  # they read through those
        shared_again_at=await impaired_until(session, client),
    )


def is_earlier(client: UUID, therapist: UUID) -> tuple[object, ...]:
    """Conditions for an entry that says `therapist` and is not shared with this one."""
    share = exists().where(
        col(JournalShare.client_id) == client,
        col(JournalShare.entry_id) == col(JournalEntry.id),
        col(JournalShare.therapist_id) == therapist,
    )
    return (col(JournalEntry.client_id) == client, col(JournalEntry.visibility) == Visibility.therapist, ~share)


async def count_earlier(session: AsyncSession, client: UUID, therapist: UUID) -> int:
    number = await session.scalar(
        select(func.count()).select_from(JournalEntry).where(*is_earlier(client, therapist))  # type: ignore[arg-type]  # a tuple of SQL conditions
    )
    return number or 0


async def share_earlier(session: AsyncSession, client: UUID, therapist: UUID) -> int:
    """Share every entry that says `therapist` with this one too; return how many were new to them."""
    wanted = select(
        literal(client).label("client_id"),
        col(JournalEntry.id),
        literal(therapist).label("therapist_id"),
        col(JournalEntry.version),
        literal(datetime.now(UTC)).label("shared_at"),
    ).where(*is_earlier(client, therapist))  # type: ignore[arg-type]  # a tuple of SQL conditions
    made = await session.execute(
        insert(JournalShare)
        .from_select(["client_id", "entry_id", "therapist_id", "version", "shared_at"], wanted)
        .on_conflict_do_nothing()  # a second tap at once
        .returning(col(JournalShare.entry_id))
    )
    return len(made.all())
