"""Read the journal: one entry, a page, the versions of one. A therapist's opening is noted before it is shown."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.sealing import DataKeyStore
from sqlalchemy import literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.checkins.cursor import Cursor
from afterglow_portal.journal.content import head, opened, shown, shown_version
from afterglow_portal.journal.models import JournalEntry, JournalReading, JournalVersion
from afterglow_portal.journal.policy import readable
from afterglow_portal.journal.schemas import EntryDetail, EntryHead, EntryPage, Reading, Versions
from afterglow_portal.journal.sharing import READINGS, shared_since, shared_with
from afterglow_portal.people.models import PersonCopy
from afterglow_portal.sealing import find_key
from afterglow_portal.visibility import since_shared

READING = ["client_id", "entry_id", "reader_id", "version", "reader_name", "read_at"]


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a list is asked for: at most `limit`, after the cursor's word."""

    limit: int
    after: str | None


async def find_one(
    session: AsyncSession, keys: DataKeyStore, caller: Caller, client: UUID, entry_id: UUID
) -> EntryDetail | None:
    """One entry with who may open it and who did; a therapist's reading is stored first, so none goes unnoted."""
    wanted = readable(caller, client).where(col(JournalEntry.id) == entry_id)
    entry = await session.scalar(wanted)
    if entry is not None and caller.role == Role.therapist:
        entry = await note_reading(session, caller, entry)
    if entry is None:
        return None
    own = caller.id == client
    readings = await READINGS.by_object(session, client, [entry_id])
    shares = await shared_with(session, client, entry_id) if own else []
    follow = select(col(JournalEntry.id)).where(
        col(JournalEntry.client_id) == client, col(JournalEntry.follows) == entry_id
    )
    continued = await session.scalars(follow.order_by(col(JournalEntry.felt_at), col(JournalEntry.id)))
    found = shown(entry, await find_key(keys, session, client)).model_dump()
    detail = EntryDetail(
        **found | {"follows": entry.follows if entry.follows in await followed(session, caller, [entry]) else None},
        shared_with=shares,
        readings=readings.get(entry_id, []),
        continued_by=list(continued),
    )
    return detail if own else as_shared(detail, (await shared_since(session, client, [entry_id])).get(entry_id, 1))


def as_shared(detail: EntryDetail, shared_version: int) -> EntryDetail:
    """As whoever it is shared with learns of it; what they opened is counted in the same way."""
    told = since_shared(detail, shared_version)
    told.readings = [
        one.model_copy(update={"version": max(one.version - shared_version, 0) + 1}) for one in detail.readings
    ]
    return told


async def note_reading(session: AsyncSession, caller: Caller, entry: JournalEntry) -> JournalEntry | None:
    """Store that the caller opened this version, and return the entry as it stands then; None if it was taken back.

    The reading's foreign key locks the entry against its writer's changes until this transaction ends: of a reading
    and a taking back at once, one waits for the other and then finds what it did.
    """
    wanted = readable(caller, entry.client_id).where(col(JournalEntry.id) == entry.id)
    reader = await session.get(PersonCopy, caller.id)
    for _ in range(2):  # the version may change once before the lock holds it
        version = entry.version
        opened_now = wanted.with_only_columns(
            col(JournalEntry.client_id),
            col(JournalEntry.id),
            literal(caller.id),
            literal(version),
            literal(reader.name if reader else ""),
            literal(datetime.now(UTC)),
        )
        noting = insert(JournalReading).from_select(READING, opened_now)  # of what was taken back, no row
        await session.execute(noting.on_conflict_do_nothing())
        now = await session.scalar(wanted.execution_options(populate_existing=True))
        if now is None or now.version == version:
            return now
        entry = now
    return entry


async def find_page(session: AsyncSession, keys: DataKeyStore, caller: Caller, client: UUID, part: Part) -> EntryPage:
    """A page, newest first; entries of the same instant by id."""
    felt_at, entry_id = col(JournalEntry.felt_at), col(JournalEntry.id)
    rows = readable(caller, client).order_by(felt_at.desc(), entry_id.desc()).limit(part.limit + 1)
    if part.after:
        cursor = Cursor.decode(part.after)
        rows = rows.where(tuple_(felt_at, entry_id) < tuple_(cursor.felt_at, cursor.id))
    found = list(await session.scalars(rows))
    page = found[: part.limit]
    return EntryPage(
        items=await heads(session, keys, caller, client, page),
        next=Cursor(page[-1].felt_at, page[-1].id).encode() if len(found) > len(page) else None,
    )


async def heads(
    session: AsyncSession, keys: DataKeyStore, caller: Caller, client: UUID, rows: list[JournalEntry]
) -> list[EntryHead]:
    """Rows for a list. A therapist sees words only of the version they have opened: a list is no reading."""
    readings = await READINGS.by_object(session, client, [row.id for row in rows]) if rows else {}
    key = await find_key(keys, session, client)
    own, open_to_caller = caller.id == client, await followed(session, caller, rows)
    found = [
        head(
            row,
            opened(row, key) if own or has_seen(readings.get(row.id, []), row.version) else None,
            min((one.read_at for one in readings.get(row.id, [])), default=None),
        )
        for row in rows
    ]
    if not own:
        since = await shared_since(session, client, [row.id for row in rows]) if rows else {}
        found = [since_shared(one, since.get(one.id, 1)) for one in found]
    return [one if one.follows in open_to_caller else one.model_copy(update={"follows": None}) for one in found]


async def followed(session: AsyncSession, caller: Caller, rows: list[JournalEntry]) -> set[UUID | None]:
    """Which of the entries that `rows` continue the caller may read: that there is another is not told either."""
    wanted = {row.follows for row in rows if row.follows}
    if not wanted or caller.id == rows[0].client_id:
        return set(wanted)
    before = readable(caller, rows[0].client_id).where(col(JournalEntry.id).in_(wanted))
    return set(await session.scalars(before.with_only_columns(col(JournalEntry.id))))


def has_seen(readings: list[Reading], version: int) -> bool:
    return any(one.version >= version for one in readings)


async def find_versions(session: AsyncSession, keys: DataKeyStore, caller: Caller, entry_id: UUID) -> Versions | None:
    """Every version of the caller's own entry, oldest first."""
    current = await session.scalar(readable(caller, caller.person).where(col(JournalEntry.id) == entry_id))
    if current is None:
        return None
    version = JournalVersion
    earlier = await session.scalars(
        select(version)
        .where(col(version.client_id) == caller.person, col(version.entry_id) == entry_id)
        .order_by(col(version.version))
    )
    key = await find_key(keys, session, caller.person)
    return Versions(items=[*(shown_version(row, key, current.entered_at) for row in earlier), shown(current, key)])
