"""What is behind a link: looking uses nothing up, and of many who use it at once one wins."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import RowContext
from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import record
from afterglow_auth.links import guesses
from afterglow_auth.links.columns import MOST_WRONG_CODES, ChoosingColumns, LinkState
from afterglow_auth.links.doors import Door
from afterglow_auth.links.tokens import Named, read
from afterglow_auth.provider import IdentityProvider


class Dead(StrEnum):
    """Why a link does not open."""

    expired = "expired"
    garbled = "garbled"
    replaced = "replaced"
    used = "used"
    withdrawn = "withdrawn"
    wrong_codes = "wrong_codes"


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that opens, and for whom."""

    token: str
    named: Named
    person: Person


async def look(provider: IdentityProvider, door: Door, token: str, network: str) -> Opened | Dead:
    """What is behind a link. Raises TooSoonError; one that does not open counts as a guess and goes into the audit."""
    key = await guesses.take(provider, network, door.verb)
    named = read(provider.digests, door.purpose, token)
    if named is None:
        return Dead.garbled
    async with provider.database.unit_of_work(RowContext()) as session:
        found = await find(session, door, named)
        if isinstance(found, Dead):
            await refuse(session, door, named, found)
            return found
    await guesses.forgive(provider, key)
    return Opened(token, named, found)


async def find(session: AsyncSession, door: Door, named: Named) -> Person | Dead:
    asked = (
        select(Person, door.table)
        .join(door.table, col(door.table.person_id) == col(Person.id))
        .where(col(door.table.id) == named.id)
    )
    row = (await session.execute(asked)).one_or_none()
    if row is None:
        return Dead.withdrawn
    person, link = row
    return why_dead(person, link, named) or person


def why_dead(person: Person, link: ChoosingColumns, named: Named) -> Dead | None:
    if link.state == LinkState.used:
        return Dead.used
    if link.wrong_codes >= MOST_WRONG_CODES:
        return Dead.wrong_codes
    if link.state == LinkState.withdrawn or person.disabled_at:
        return Dead.withdrawn
    if link.expires_at != named.expires_at:
        return Dead.replaced
    return Dead.expired if link.state == LinkState.expired else None


async def refuse(session: AsyncSession, door: Door, named: Named, why: Dead) -> None:
    """Keep that a genuine link did not open, and whose it was."""
    owner = await session.scalar(select(col(door.table.person_id)).where(col(door.table.id) == named.id))
    await record(session, door.verb, object_id=named.id, subject_id=owner, purpose=why.value, outcome=Outcome.refused)


async def count_code(session: AsyncSession, door: Door, named: Named) -> bool:
    """Count a code before it is looked at; commit before that. False where the link takes no more."""
    counted = await session.execute(
        update(door.table)
        .where(is_open(door, named), col(door.table.wrong_codes) < MOST_WRONG_CODES)
        .values(wrong_codes=col(door.table.wrong_codes) + 1)
        .returning(col(door.table.id))
        .execution_options(synchronize_session=False)
    )
    return counted.scalar_one_or_none() is not None


async def use_up(session: AsyncSession, door: Door, named: Named) -> bool:
    """The one statement that decides who wins."""
    live = select(col(Person.id)).where(col(Person.id) == col(door.table.person_id), col(Person.disabled_at).is_(None))
    used = await session.execute(
        update(door.table)
        .where(is_open(door, named), live.exists())
        .values(used_at=datetime.now(UTC))
        .returning(col(door.table.id))
        .execution_options(synchronize_session=False)
    )
    return used.scalar_one_or_none() is not None


def is_open(door: Door, named: Named) -> ColumnElement[bool]:
    return and_(
        col(door.table.id) == named.id,
        col(door.table.used_at).is_(None),
        col(door.table.withdrawn_at).is_(None),
        col(door.table.expires_at) == named.expires_at,
        col(door.table.expires_at) > datetime.now(UTC),
    )
