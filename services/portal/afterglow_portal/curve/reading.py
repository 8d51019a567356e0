"""The rows that a figure is made of: two statements, whatever the size of the record."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from afterglow_foundation.callers import Caller
from sqlalchemy import ColumnElement, and_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.checkins.models import CheckIn
from afterglow_portal.checkins.policy import readable
from afterglow_portal.course.models import Administration, CourseSession
from afterglow_portal.course.policy import administrations_of
from afterglow_portal.curve.baselines import BEFORE
from afterglow_portal.curve.choosing import Chosen
from afterglow_portal.curve.days import Entry
from afterglow_portal.curve.doses import Given
from afterglow_portal.curve.items import CORE, Item

MOST_GIVEN = 2_000  # twice a week for ten years, with boosters
MOST_ENTRIES = 10_000  # two a day for more than ten years


@dataclass(frozen=True, slots=True)
class Rows:
    """`zones` are those in which it was given, by administration. `complete` is False where there was more."""

    given: list[Given]
    zones: dict[UUID, str]
    complete: bool


async def find_given(session: AsyncSession, client: UUID) -> Rows:
    """The newest administrations of a client, of every course."""
    given, planned = Administration, CourseSession
    rows = (
        await session.execute(
            administrations_of(client)
            .join(
                planned, and_(col(planned.client_id) == col(given.client_id), col(planned.id) == col(given.session_id))
            )
            .with_only_columns(
                col(given.id),
                col(planned.course_id),
                col(given.given_at),
                col(given.medicine),
                col(given.route),
                col(given.dose_mg),
                col(given.weight_kg),
                col(given.time_zone),
            )
            .order_by(col(given.given_at).desc(), col(given.id).desc())
            .limit(MOST_GIVEN + 1)
        )
    ).all()
    kept = rows[:MOST_GIVEN]
    found = [
        Given(row.id, row.course_id, row.given_at, row.medicine, row.route, row.dose_mg, row.weight_kg) for row in kept
    ]
    return Rows(found, {row.id: row.time_zone for row in kept}, len(kept) == len(rows))


async def find_entries(
    session: AsyncSession, caller: Caller, client: UUID, item: Item, chosen: Chosen
) -> tuple[Sequence[Entry], bool]:
    """What the caller may read from the course's baseline to the end of its last dose, and whether that is all."""
    begin = chosen.course[0].at - BEFORE
    end = chosen.alike[-1].cut
    value = value_of(item)
    felt_at = col(CheckIn.felt_at)
    wanted = (
        readable(caller, client)
        .where(felt_at >= begin, value.is_not(None))
        .with_only_columns(felt_at, value, col(CheckIn.back_dated))
        .order_by(felt_at, col(CheckIn.id))
        .limit(MOST_ENTRIES + 1)
    )
    rows = (await session.execute(wanted.where(felt_at < end) if end else wanted)).all()
    return [Entry(*row) for row in rows[:MOST_ENTRIES]], len(rows) <= MOST_ENTRIES


def value_of(item: Item) -> ColumnElement[Any]:
    column: ColumnElement[Any] = getattr(CheckIn, item) if item in CORE else col(CheckIn.items)[item.value].as_float()
    return column
