"""Show somebody who treats the client now what was shared with others before, and take that back."""

from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID

from afterglow_foundation.errors import Conflict, FieldError, InvalidInput, NotFound, Refusal
from sqlalchemy import ColumnElement, all_, delete, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.agenda.models import PinnedLine, PinnedLineReading
from afterglow_portal.agenda.policy import on_agenda
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.checkins.models import CheckIn
from afterglow_portal.course.impairment import impaired_until, refuse_sharing
from afterglow_portal.earlier_shares.models import EarlierShare
from afterglow_portal.earlier_shares.schemas import EarlierShareBody, EarlierShareOut, EarlierShares, Newcomer
from afterglow_portal.journal.models import JournalEntry, JournalReading, JournalShare
from afterglow_portal.journal.sharing import is_earlier
from afterglow_portal.people.care_now import therapists_now
from afterglow_portal.people.models import CareRelationship
from afterglow_portal.people.names import names_of
from afterglow_portal.people.schemas import Named
from afterglow_portal.visibility import Visibility


class Count(NamedTuple):
    number: int
    first_day: date | None


async def share(session: AsyncSession, client: UUID, share_id: UUID, body: EarlierShareBody) -> bool:
    """Show them; False if that was said before.

    Raises NotFound for somebody who does not treat the client now, InvalidInput for days the wrong way round,
    UntilMorning after a dose, and Conflict for another choice under this id.
    """
    if await is_repeat(session, client, share_id, body):
        return False
    if body.therapist_id not in {person.id for person in await therapists_now(session, client)}:
        raise NotFound(refusal=Refusal(AuditAction.earlier_shared, share_id, client))
    if body.until_date < body.from_date:
        raise InvalidInput(errors=[FieldError(field="until_date", code="unfit_times", message="It ends too early.")])
    await refuse_sharing(session, client)
    values = {"client_id": client, "id": share_id, **body.model_dump(), "chosen_at": datetime.now(UTC)}
    made = await session.scalar(insert(EarlierShare).values(values).on_conflict_do_nothing().returning(EarlierShare))
    if made is None:  # sent twice at once
        return not await is_repeat(session, client, share_id, body)
    await share_entries(session, made)
    return True


async def is_repeat(session: AsyncSession, client: UUID, share_id: UUID, body: EarlierShareBody) -> bool:
    found = await session.get(EarlierShare, (client, share_id), populate_existing=True)
    if found and EarlierShareBody.model_validate(found, from_attributes=True) != body:
        raise Conflict
    return found is not None


async def share_entries(session: AsyncSession, share: EarlierShare) -> None:
    """Entries are shared one by one; the time tells those of this choice from others."""
    entry = JournalEntry
    wanted = select(
        literal(share.client_id),
        col(entry.id),
        literal(share.therapist_id),
        col(entry.version),
        literal(share.chosen_at),
    ).where(*is_earlier(share.client_id, share.therapist_id), within(share))  # type: ignore[arg-type]  # a tuple of SQL conditions
    columns = ["client_id", "entry_id", "therapist_id", "version", "shared_at"]
    await session.execute(insert(JournalShare).from_select(columns, wanted).on_conflict_do_nothing())


def within(share: EarlierShare) -> ColumnElement[bool]:
    return col(JournalEntry.local_date).between(share.from_date, share.until_date)


async def take_back(session: AsyncSession, client: UUID, share_id: UUID) -> bool:
    """Close what they have not opened yet; False where that was done before. Raises NotFound for none of one's own.

    What they opened stays theirs to read: nothing may look as if nobody had read it.
    """
    mine = (col(EarlierShare.client_id) == client, col(EarlierShare.id) == share_id)
    ending = update(EarlierShare).where(*mine, col(EarlierShare.taken_back_at).is_(None))
    ended = await session.scalar(ending.values(taken_back_at=datetime.now(UTC)).returning(EarlierShare))
    if ended is None:
        if await session.get(EarlierShare, (client, share_id)) is None:
            raise NotFound(refusal=Refusal(AuditAction.earlier_taken_back, share_id, client))
        return False
    share = JournalShare
    opened = exists().where(
        col(JournalReading.client_id) == client,
        col(JournalReading.entry_id) == col(share.entry_id),
        col(JournalReading.reader_id) == ended.therapist_id,
    )
    await session.execute(
        delete(share).where(
            col(share.client_id) == client,
            col(share.therapist_id) == ended.therapist_id,
            col(share.shared_at) == ended.chosen_at,
            ~opened,
        )
    )
    return True


async def shares_of(session: AsyncSession, client: UUID) -> EarlierShares:
    """What there is to show to whom, and what was chosen."""
    mine = select(EarlierShare).where(col(EarlierShare.client_id) == client)
    rows = (await session.scalars(mine.order_by(col(EarlierShare.chosen_at).desc()))).all()
    names = await names_of(session, [row.therapist_id for row in rows])
    return EarlierShares(
        therapists=[await newcomer(session, client, person) for person in await therapists_now(session, client)],
        shares=[
            EarlierShareOut(
                **row.model_dump(exclude={"client_id", "therapist_id"}),
                therapist=Named(id=row.therapist_id, name=names.get(row.therapist_id, "")),
            )
            for row in rows
        ],
        shared_again_at=await impaired_until(session, client),
    )


async def newcomer(session: AsyncSession, client: UUID, therapist: Named) -> Newcomer:
    care = CareRelationship
    since = await session.scalar(
        select(func.min(col(care.started_at))).where(
            col(care.client_id) == client, col(care.therapist_id) == therapist.id, col(care.ended_at).is_(None)
        )
    )
    since = since or datetime.now(UTC)
    check_ins = await count_check_ins(session, client, therapist.id, since)
    entries = await count_entries(session, client, therapist.id)
    lines = await count_lines(session, client, therapist.id)
    days = [one.first_day for one in (check_ins, entries, lines) if one.first_day]
    return Newcomer(
        id=therapist.id,
        name=therapist.name,
        since=since,
        check_ins=check_ins.number,
        entries=entries.number,
        lines=lines.number,
        first_day=min(days, default=None),
    )


async def count_check_ins(session: AsyncSession, client: UUID, therapist: UUID, since: datetime) -> Count:
    """Those that were shared, or kept for others, before this one's care began, and that no choice shows them."""
    entry, shown = CheckIn, EarlierShare
    is_shown = exists().where(
        col(shown.client_id) == client,
        col(shown.therapist_id) == therapist,
        col(shown.taken_back_at).is_(None),
        col(entry.local_date).between(col(shown.from_date), col(shown.until_date)),
    )
    row = await session.execute(
        select(func.count(), func.min(col(entry.local_date))).where(
            col(entry.client_id) == client,
            col(entry.visibility) == Visibility.therapist,
            or_(
                func.coalesce(col(entry.shared_at), col(entry.entered_at)) < since,
                literal(therapist) != all_(col(entry.waits_for)),
            ),
            ~is_shown,
        )
    )
    return Count(*row.one())


async def count_lines(session: AsyncSession, client: UUID, therapist: UUID) -> Count:
    """Those that are still on the agenda, were pinned for others, and that no choice shows them."""
    line, shown = PinnedLine, EarlierShare
    is_shown = exists().where(
        col(shown.client_id) == client,
        col(shown.therapist_id) == therapist,
        col(shown.taken_back_at).is_(None),
        col(line.local_date).between(col(shown.from_date), col(shown.until_date)),
        col(line.pinned_at) < col(shown.chosen_at),
    )
    was_read = exists().where(
        col(PinnedLineReading.client_id) == client,
        col(PinnedLineReading.line_id) == col(line.id),
        col(PinnedLineReading.reader_id) == therapist,
    )
    pinned_for_others = on_agenda(client).where(literal(therapist) != all_(col(line.shown_to)), ~is_shown, ~was_read)
    row = await session.execute(pinned_for_others.with_only_columns(func.count(), func.min(col(line.local_date))))
    return Count(*row.one())


async def count_entries(session: AsyncSession, client: UUID, therapist: UUID) -> Count:
    row = await session.execute(
        select(func.count(), func.min(col(JournalEntry.local_date))).where(*is_earlier(client, therapist))  # type: ignore[arg-type]  # a tuple of SQL conditions
    )
    return Count(*row.one())
