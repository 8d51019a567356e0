"""Pin a line, unpin it until it was read, take it off the agenda afterwards; and read the agenda."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.errors import Conflict, FieldError, InvalidInput, NotFound, Refusal
from afterglow_foundation.sealing import DataKey, DataKeyStore
from sqlalchemy import Select, delete, exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.agenda.excerpts import stands_in
from afterglow_portal.agenda.models import PinnedLine, PinnedLineReading
from afterglow_portal.agenda.policy import on_agenda
from afterglow_portal.agenda.schemas import Agenda, LineOut, PinBody, Settled
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.impairment import refuse_sharing
from afterglow_portal.earlier_shares.models import EarlierShare
from afterglow_portal.journal.content import binding, opened
from afterglow_portal.journal.models import JournalEntry
from afterglow_portal.people.care_now import therapists_now
from afterglow_portal.people.models import PersonCopy
from afterglow_portal.people.names import names_of
from afterglow_portal.people.schemas import Named
from afterglow_portal.readings import FirstReading, Readings, by_whom
from afterglow_portal.sealing import find_key

TABLE = "pinned_lines"
MOST_LINES = 20
NOT_IN_ENTRY = FieldError(field="text", code="not_in_entry", message="These words do not stand in the entry.")
READING = ["client_id", "line_id", "reader_id", "reader_name", "read_at"]
READINGS = Readings(PinnedLineReading, "line_id", FirstReading)


class TooManyLines(Conflict):
    code, title = "too_many_lines", "There are too many pinned lines; take one off first"


class NobodyTreats(Conflict):
    code, title = "nobody_treats", "Nobody treats you here right now, so nobody would see a pinned line"


class LineRead(Conflict):
    """`readings` say by whom and when, in the problem's own words too."""

    code, title = "already_read", "This line was read already, so it cannot be taken back"

    def __init__(self, readings: list[FirstReading], refusal: Refusal) -> None:
        super().__init__(f"Read by {by_whom(readings)}.", refusal=refusal)


class NotRead(Conflict):
    code, title = "not_read", "Nobody has read this line yet: unpin it"


async def pin(
    session: AsyncSession, key: DataKey, caller: Caller, line_id: UUID, body: PinBody
) -> tuple[LineOut, bool]:
    """Pin a line of the caller's own entry; the second value says whether this request did it.

    Raises NotFound for no such entry, InvalidInput for words that are not in it, NobodyTreats, TooManyLines,
    UntilMorning after a dose, and Conflict for another body.
    """
    client, digest = caller.person, key.digest(body.canonical())
    if before := await pinned_before(session, key, client, line_id, digest):
        return before, False
    await refuse_sharing(session, client)
    await refuse_impossible(session, key, client, body)
    people = await therapists_now(session, client)
    if not people:
        raise NobodyTreats
    number = await session.scalar(select(func.count()).select_from(on_agenda(client).subquery()))
    if (number or 0) >= MOST_LINES:
        raise TooManyLines
    now = datetime.now(UTC)
    made = await session.execute(
        insert(PinnedLine)
        .values(
            client_id=client,
            id=line_id,
            entry_id=body.entry_id,
            text=key.seal(body.text, binding(TABLE, "text", line_id, client)),
            body_digest=digest,
            shown_to=[person.id for person in people],
            pinned_at=now,
            local_date=await own_day(session, client, now),
        )
        .on_conflict_do_nothing()
        .returning(col(PinnedLine.id))
    )
    created = made.first() is not None
    stored = await pinned_before(session, key, client, line_id, digest)
    if stored is None:
        raise Conflict
    return stored, created


async def own_day(session: AsyncSession, client: UUID, at: datetime) -> date:
    """The day by the client's own clock."""
    person = await session.get_one(PersonCopy, client)
    return at.astimezone(ZoneInfo(person.time_zone)).date()


async def pinned_before(
    session: AsyncSession, key: DataKey, client: UUID, line_id: UUID, digest: bytes
) -> LineOut | None:
    row = await session.get(PinnedLine, (client, line_id))
    if row is None:
        return None
    if row.body_digest != digest:
        raise Conflict
    return (await shown(session, key, client, [row], own=True))[0]


def no_entry(client: UUID, entry_id: UUID) -> NotFound:
    return NotFound(refusal=Refusal(AuditAction.line_pinned, entry_id, client))


async def refuse_impossible(session: AsyncSession, key: DataKey, client: UUID, body: PinBody) -> None:
    """Raise NotFound or InvalidInput for no line of an own entry, which is locked: erasing it waits, or came first."""
    entry = await session.scalar(
        select(JournalEntry)
        .where(col(JournalEntry.client_id) == client, col(JournalEntry.id) == body.entry_id)
        .with_for_update(read=True, key_share=True)
    )
    if entry is None:
        raise no_entry(client, body.entry_id)
    words = opened(entry, key)
    if not any(text and stands_in(body.text, text) for text in (words["title"], words["text"])):
        raise InvalidInput(errors=[NOT_IN_ENTRY])


async def agenda_of(session: AsyncSession, keys: DataKeyStore, caller: Caller, client: UUID) -> Agenda:
    """The lines of the agenda; a therapist's reading of each is stored before any is shown."""
    if caller.role == Role.therapist:
        rows = await note_readings(session, caller, client)
    else:
        rows = list(await session.scalars(in_order(on_agenda(client))))
    if not rows:
        return Agenda(items=[])
    key = await find_key(keys, session, client)
    if key is None:
        raise LookupError("a sealed line without a data key that may be read")
    return Agenda(items=await shown(session, key, client, rows, own=caller.id == client))


async def note_readings(session: AsyncSession, caller: Caller, client: UUID) -> list[PinnedLine]:
    """Store that the caller reads what is on the agenda, and return just that.

    A reading's foreign key locks its line: of reading and unpinning at once one waits for the other. A line that was
    unpinned while this waited takes its reading with it, and what is left is looked up anew.
    """
    reader = await session.get(PersonCopy, caller.id)
    reading_now = on_agenda(client).with_only_columns(
        col(PinnedLine.client_id),
        col(PinnedLine.id),
        literal(caller.id),
        literal(reader.name if reader else ""),
        literal(datetime.now(UTC)),
    )
    noting = insert(PinnedLineReading).from_select(READING, reading_now).on_conflict_do_nothing()
    for last in (False, False, True):
        try:
            async with session.begin_nested():
                await session.execute(noting)
            break
        except IntegrityError:
            if last:
                raise
    noted = exists().where(
        col(PinnedLineReading.client_id) == client,
        col(PinnedLineReading.line_id) == col(PinnedLine.id),
        col(PinnedLineReading.reader_id) == caller.id,
    )  # what was pinned in between is read the next time
    return list(await session.scalars(in_order(on_agenda(client).where(noted))))


def in_order(lines: Select[PinnedLine]) -> Select[PinnedLine]:
    return lines.order_by(col(PinnedLine.pinned_at), col(PinnedLine.id))


async def shown(
    session: AsyncSession, key: DataKey, client: UUID, rows: list[PinnedLine], *, own: bool
) -> list[LineOut]:
    """Rows as their reader sees them: a therapist neither which entry it is from nor who else reads it."""
    readings = await READINGS.by_object(session, client, [row.id for row in rows])
    chosen = await chosen_for(session, client) if own else []
    shown_to = {row.id: [*row.shown_to, *later(row, chosen)] for row in rows} if own else {}
    names = await names_of(session, {person for people in shown_to.values() for person in people})
    return [
        LineOut(
            id=row.id,
            entry_id=row.entry_id if own else None,
            text=key.open(row.text, binding(TABLE, "text", row.id, client)),
            pinned_at=row.pinned_at,
            shown_to=[Named(id=person, name=names.get(person, "")) for person in shown_to.get(row.id, [])],
            readings=readings.get(row.id, []),
        )
        for row in rows
    ]


async def chosen_for(session: AsyncSession, client: UUID) -> Sequence[EarlierShare]:
    """What the client chose to show to whoever came later, and did not take back."""
    mine = select(EarlierShare).where(col(EarlierShare.client_id) == client, col(EarlierShare.taken_back_at).is_(None))
    return (await session.scalars(mine.order_by(col(EarlierShare.chosen_at)))).all()


def later(line: PinnedLine, chosen: Sequence[EarlierShare]) -> list[UUID]:
    """To whom the client showed a line that was pinned before they came; the rule is the row policy's."""
    people = [
        one.therapist_id
        for one in chosen
        if one.from_date <= line.local_date <= one.until_date and line.pinned_at < one.chosen_at
    ]
    return [person for person in dict.fromkeys(people) if person not in line.shown_to]


async def unpin(session: AsyncSession, caller: Caller, line_id: UUID) -> bool:
    """Delete a line nobody has read; False where there is none. Raises LineRead with who has."""
    line = await lock_own(session, caller, line_id)
    if line is None:
        return False
    if readings := (await READINGS.by_object(session, caller.person, [line_id])).get(line_id):
        raise LineRead(readings, Refusal(AuditAction.line_unpinned, line_id, caller.person, "already_read"))
    await session.execute(
        delete(PinnedLine).where(col(PinnedLine.client_id) == caller.person, col(PinnedLine.id) == line_id)
    )
    return True


async def settle(session: AsyncSession, caller: Caller, line_id: UUID) -> tuple[Settled, bool]:
    """Take a line that was read off the agenda; the second value says whether this request did it."""
    line = await lock_own(session, caller, line_id)
    if line is None:
        raise NotFound(refusal=Refusal(AuditAction.line_settled, line_id))
    if line.settled_at:
        return Settled(id=line_id, settled_at=line.settled_at), False
    if line_id not in await READINGS.by_object(session, caller.person, [line_id]):
        raise NotRead
    line.settled_at = datetime.now(UTC)
    await session.flush()
    return Settled(id=line_id, settled_at=line.settled_at), True


async def lock_own(session: AsyncSession, caller: Caller, line_id: UUID) -> PinnedLine | None:
    line: PinnedLine | None = await session.scalar(
        select(PinnedLine)
        .where(col(PinnedLine.client_id) == caller.person, col(PinnedLine.id) == line_id)
        .with_for_update()
    )
    return line


async def unpin_all_of(session: AsyncSession, client: UUID, entry_id: UUID) -> None:
    """Delete the lines of an entry that goes, apart from those that were read; locked first, as in `unpin`."""
    of_entry = (col(PinnedLine.client_id) == client, col(PinnedLine.entry_id) == entry_id)
    await session.execute(select(col(PinnedLine.id)).where(*of_entry).with_for_update())
    was_read = exists().where(
        col(PinnedLineReading.client_id) == client, col(PinnedLineReading.line_id) == col(PinnedLine.id)
    )
    await session.execute(delete(PinnedLine).where(*of_entry, ~was_read))
