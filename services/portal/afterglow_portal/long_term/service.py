"""Record what was asked, exactly once; read it, and say when it is asked next."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from uuid import UUID

from afterglow_foundation.errors import Conflict, FieldError, InvalidInput
from afterglow_foundation.sealing import DataKeyStore
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.course.models import Administration
from afterglow_portal.course.policy import administrations_of
from afterglow_portal.course.writer import Writer
from afterglow_portal.curve.doses import hours_zero
from afterglow_portal.long_term.content import check_out, sealed
from afterglow_portal.long_term.due import due_on
from afterglow_portal.long_term.models import LongTermCheck
from afterglow_portal.long_term.policy import checks_of
from afterglow_portal.long_term.schemas import LongTerm, LongTermBody
from afterglow_portal.people.models import PersonCopy
from afterglow_portal.people.names import names_of
from afterglow_portal.sealing import find_key
from afterglow_portal.times import local_date

TO_COME = FieldError(field="asked_on", code="in_future", message="This day has not come yet on the client's calendar.")


async def record(writer: Writer, check_id: UUID, body: LongTermBody, *, at: datetime | None = None) -> bool:
    """Store it under the id its writer made; False if it was stored before.

    Raises InvalidInput for a day to come, and Conflict for another body. `at` is when it was made if not now.
    """
    session, client, key, now = writer.session, writer.client, writer.key, at or datetime.now(UTC)
    person = await session.get_one(PersonCopy, client)
    if body.asked_on > local_date(now, person.time_zone):
        raise InvalidInput(errors=[TO_COME])
    digest = key.digest(body.canonical())
    made = await session.execute(
        insert(LongTermCheck)
        .values(
            client_id=client,
            id=check_id,
            asked_on=body.asked_on,
            content=sealed(body, check_id, key),
            made_at=now,
            made_by=writer.by,
            body_digest=digest,
        )
        .on_conflict_do_nothing()
        .returning(col(LongTermCheck.id))
    )
    if made.first() is not None:
        return True
    before = await session.scalar(checks_of(client).where(col(LongTermCheck.id) == check_id))
    if before is None or before.body_digest != digest:
        raise Conflict
    return False


async def find_long_term(session: AsyncSession, keys: DataKeyStore, client: UUID) -> LongTerm:
    rows = list(await session.scalars(checks_of(client)))
    key = await find_key(keys, session, client) if rows else None
    if rows and key is None:
        raise LookupError("long-term questions whose client has no data key that may be read")
    names = await names_of(session, {row.made_by for row in rows})
    given_at = col(Administration.given_at)
    given = await session.scalars(administrations_of(client).with_only_columns(given_at).order_by(given_at))
    person = await session.get_one(PersonCopy, client)
    return LongTerm(
        items=[check_out(row, key, names) for row in rows if key],
        due_on=next_due(given, rows[0].asked_on if rows else None, person.time_zone),
    )


async def asked_last(session: AsyncSession, client: UUID) -> date | None:
    found: date | None = await session.scalar(checks_of(client).with_only_columns(col(LongTermCheck.asked_on)).limit(1))
    return found


def next_due(given: Iterable[datetime], asked: date | None, time_zone: str) -> date | None:
    """`given` in the order of its time; what was given within six hours is one dose. Days are the client's own."""
    dosed = [local_date(zero, time_zone) for zero in hours_zero(given)]
    return due_on(dosed, asked, local_date(datetime.now(UTC), time_zone))
