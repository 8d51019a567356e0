"""Whether the rows of a file fit what there is: addresses that nobody has yet, therapists who can treat."""

from collections.abc import Iterable
from uuid import UUID

from afterglow_foundation.callers import Role
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.imports.reading import Reading
from afterglow_auth.imports.schemas import ImportRow, RowFault

TAKEN, NO_THERAPIST = "address_taken", "no_such_therapist"


async def fit(session: AsyncSession, reading: Reading) -> list[ImportRow]:
    """The rows with their therapists; what does not fit becomes a fault of the reading."""
    reading.faults += await taken(session, {number: one.email for number, one in reading.people.items()})
    therapists = await therapists_of(session, reading.therapists.values())
    for number, address in reading.therapists.items():
        if address.lower() not in therapists:
            reading.wrong(number, "therapist_email", NO_THERAPIST, message="no therapist here has this address")
    reading.faults.sort(key=lambda fault: (fault.row, fault.column or ""))
    rows = []
    for number, one in reading.people.items():
        therapist = therapists.get(reading.therapists.get(number, "").lower())
        rows.append(
            ImportRow(
                row=number,
                **one.model_dump(include={"name", "email", "time_zone", "locale"}),
                therapist_id=therapist.id if therapist else None,
                therapist=therapist.name if therapist else None,
            )
        )
    return rows


async def taken(session: AsyncSession, addresses: dict[int, str]) -> list[RowFault]:
    """A fault for each address that somebody has, by row."""
    lowered = {address.lower(): number for number, address in addresses.items()}
    asked = select(func.lower(col(Person.email))).where(func.lower(col(Person.email)).in_(lowered))
    words = "somebody here has this address already"
    return [
        RowFault(row=lowered[address], column="email", code=TAKEN, message=words)
        for address in await session.scalars(asked)
    ]


async def therapists_of(session: AsyncSession, addresses: Iterable[str]) -> dict[str, Person]:
    """Therapists with live accounts by their address in small letters."""
    asked = select(Person).where(
        func.lower(col(Person.email)).in_({address.lower() for address in addresses}),
        col(Person.role) == Role.therapist,
        col(Person.disabled_at).is_(None),
    )
    return {person.email.lower(): person for person in await session.scalars(asked)}


async def therapists_live(session: AsyncSession, ids: set[UUID]) -> set[UUID]:
    """Which of these can treat; they stay so until this transaction ends."""
    asked = select(col(Person.id)).where(
        col(Person.id).in_(ids), col(Person.role) == Role.therapist, col(Person.disabled_at).is_(None)
    )
    return set(await session.scalars(asked.order_by(col(Person.id)).with_for_update(read=True)))
