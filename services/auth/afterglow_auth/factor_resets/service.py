"""Taking every way in away from somebody: asked for, told at once, and carried out a day later unless they object.

A lost telephone and a stolen account sound the same over the telephone. So nothing happens at once: whoever it is about
gets a mail with a link that stops it. For one of the staff the second person is asked meanwhile (`proposals/`).
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from afterglow_foundation import jobs
from afterglow_foundation.audit import Outcome
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.errors import Conflict, NotFound, Refusal
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import lock
from afterglow_auth.audit import Verb, record
from afterglow_auth.factor_resets.letters import FACTOR_RESET_ASKED, FACTOR_RESET_ASKED_BEFORE, FACTOR_RESET_OBJECTED
from afterglow_auth.factor_resets.models import FactorReset, FactorResetState, is_open
from afterglow_auth.mail.sending import send_later
from afterglow_auth.problems import AccountDisabled, AlreadyAsked, NoAccountYet, NoLongerOpen, OwnAccount
from afterglow_auth.settings import Settings

SETTLE = "settle_factor_reset"
A_MOMENT = timedelta(seconds=5)  # a job's wait is counted by the database's clock, `due_at` by ours


class Wish(NamedTuple):
    """Whose ways in to take away, under an id of the asker's."""

    id: UUID
    person: Person
    asked_by: UUID | None = None

    @property
    def refusal(self) -> Refusal:
        return Refusal(Verb.factor_reset_asked, self.id, self.person.id)


async def find_repeat(session: AsyncSession, wish: Wish) -> FactorReset | None:
    """What the same wish made before. Raises Conflict where this id was used for somebody else."""
    found = await session.get(FactorReset, wish.id)
    if found and found.person_id != wish.person.id:
        raise Conflict(refusal=wish.refusal)
    return found


async def ask(
    session: AsyncSession, settings: Settings, wish: Wish, *, caller: Caller | None = None
) -> tuple[FactorReset, bool]:
    """Ask for it and tell whom it is about; True if this did it.

    Raises OwnAccount, AccountDisabled, NoAccountYet, and AlreadyAsked while another one is under way.
    """
    await lock(session, wish.person.id)
    if repeat := await find_repeat(session, wish):
        return repeat, False
    check(wish)
    waiting = select(col(FactorReset.id)).where(col(FactorReset.person_id) == wish.person.id, is_open())
    if await session.scalar(waiting):
        raise AlreadyAsked(refusal=wish.refusal)
    due_at = (datetime.now(UTC) + settings.objection_time).replace(microsecond=0)  # as its link says it
    made = FactorReset(id=wish.id, person_id=wish.person.id, asked_by=wish.asked_by, due_at=due_at)
    session.add(made)
    await session.flush()
    await send_later(session, FACTOR_RESET_ASKED, to=wish.person.id, about=made.id)
    await send_later(session, FACTOR_RESET_ASKED_BEFORE, to=wish.person.id, about=made.id)
    await jobs.enqueue(session, SETTLE, {"factor_reset": str(made.id)}, after=settings.objection_time + A_MOMENT)
    await record(session, Verb.factor_reset_asked, caller, object_id=made.id, subject_id=wish.person.id)
    return made, True


def check(wish: Wish) -> None:
    """Raise where it makes no sense."""
    if wish.asked_by == wish.person.id:
        raise OwnAccount(refusal=wish.refusal)
    if wish.person.disabled_at:
        raise AccountDisabled(refusal=wish.refusal)
    if wish.person.joined_at is None:
        raise NoAccountYet(refusal=wish.refusal)


async def withdraw(session: AsyncSession, reset_id: UUID, caller: Caller) -> FactorReset:
    """Let it not happen; any admin may. Again, it changes nothing. Raises NotFound, NoLongerOpen once it has ended."""
    refusal = Refusal(Verb.factor_reset_withdrawn, reset_id)
    found = await session.get(FactorReset, reset_id)
    if found is None:
        raise NotFound(refusal=refusal)
    await lock(session, found.person_id)
    await session.refresh(found)
    if found.state == FactorResetState.withdrawn:
        return found
    if not await end(session, reset_id, withdrawn_at=datetime.now(UTC), withdrawn_by=caller.person):
        raise NoLongerOpen(refusal=refusal)
    await settle_soon(session, reset_id)
    await record(session, Verb.factor_reset_withdrawn, caller, object_id=reset_id, subject_id=found.person_id)
    await session.refresh(found)
    return found


async def object_to(session: AsyncSession, reset_id: UUID, person_id: UUID) -> FactorResetState:
    """Whoever it is about stops it; the admins are told. Answers how it stands: of many at once, one stops it."""
    await lock(session, person_id)
    stopped = await end(session, reset_id, objected_at=datetime.now(UTC))
    found = await session.get_one(FactorReset, reset_id, populate_existing=True)
    if stopped:
        await tell_admins(session, reset_id)
        await settle_soon(session, reset_id)
    outcome = Outcome.success if stopped else Outcome.refused
    purpose = None if stopped else found.state.value
    await record(
        session,
        Verb.factor_reset_objected,
        object_id=reset_id,
        subject_id=person_id,
        purpose=purpose,
        outcome=outcome,
    )
    return found.state


async def end(session: AsyncSession, reset_id: UUID, **values: Any) -> bool:  # noqa: ANN401  # a column's value
    """The one statement by which a factor reset ends; False where it has ended already."""
    ending = update(FactorReset).where(col(FactorReset.id) == reset_id, is_open()).values(**values)
    ended = await session.execute(ending.returning(col(FactorReset.id)).execution_options(synchronize_session=False))
    return ended.scalar_one_or_none() is not None


async def approved(session: AsyncSession, reset_id: UUID) -> None:
    """The second person agreed: where the day is over already, have it carried out now. Raises NoLongerOpen."""
    found = await session.get(FactorReset, reset_id, populate_existing=True)
    if found is None or found.state != FactorResetState.open:
        raise NoLongerOpen(refusal=Refusal(Verb.proposal_carried_out, reset_id, found.person_id if found else None))
    if found.due_at <= datetime.now(UTC):
        await settle_soon(session, reset_id)


async def settle_soon(session: AsyncSession, reset_id: UUID) -> None:
    await jobs.enqueue(session, SETTLE, {"factor_reset": str(reset_id)})


async def tell_admins(session: AsyncSession, reset_id: UUID) -> None:
    admins = select(col(Person.id)).where(
        col(Person.role) == Role.admin, col(Person.joined_at).is_not(None), col(Person.disabled_at).is_(None)
    )
    for admin in await session.scalars(admins):
        await send_later(session, FACTOR_RESET_OBJECTED, to=admin, about=reset_id)
