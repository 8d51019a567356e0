"""How a factor reset goes on by itself: the job that comes when the day is over, and after it was stopped."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.jobs import Job
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import lock
from afterglow_auth.audit import Verb, record
from afterglow_auth.factor_resets.letters import FACTORS_RESET
from afterglow_auth.factor_resets.models import FactorReset, FactorResetState
from afterglow_auth.factor_resets.service import end
from afterglow_auth.factors.taking import take_all_away
from afterglow_auth.proposals.models import Act, Proposal, ProposalState, is_open
from afterglow_auth.resets import service as resets
from afterglow_auth.settings import Settings


async def settle_later(settings: Settings, database: Database, job: Job) -> None:
    """The handler of `settle_factor_reset` jobs; `database` is the worker role's."""
    async with database.unit_of_work(RowContext()) as session:
        await settle(session, settings, UUID(job.payload["factor_reset"]))


async def settle(session: AsyncSession, settings: Settings, reset_id: UUID) -> None:
    """Carry out what nobody stopped in its day; end the proposal of what was stopped. Again, it changes nothing.

    Raises LookupError before its time. For one of the staff it waits until the second person has agreed.
    """
    found = await session.get(FactorReset, reset_id)
    if found is None:
        return
    person = await lock(session, found.person_id)
    await session.refresh(found)
    if found.state != FactorResetState.open:
        await end_proposal(session, found)
        return
    if found.due_at > datetime.now(UTC):
        raise LookupError("the factor reset is not due yet")
    if person is not None and await may_go_on(session, found, person):
        await carry_out(session, settings, found, person)


async def may_go_on(session: AsyncSession, found: FactorReset, person: Person) -> bool:
    """Whether it takes no second person, or that one has agreed."""
    if found.asked_by is None or not person.is_staff:
        return True
    proposal = await session.get(Proposal, found.id)
    return proposal is not None and proposal.state == ProposalState.carried_out


async def carry_out(session: AsyncSession, settings: Settings, found: FactorReset, person: Person) -> None:
    """Take everything away and mail the link; a disabled account keeps what it has, and the wish is over."""
    now = datetime.now(UTC)
    if person.disabled_at:
        if await end(session, found.id, withdrawn_at=now):
            await tell(session, found, purpose="account_disabled", outcome=Outcome.refused)
    elif await end(session, found.id, carried_out_at=now):
        await take_all_away(session, person)
        wish = resets.Wish(found.id, person, found.asked_by)
        await resets.reset(session, settings, wish, letter=FACTORS_RESET)
        await tell(session, found)


async def end_proposal(session: AsyncSession, found: FactorReset) -> None:
    """What was stopped needs nobody's approval any more."""
    if found.state == FactorResetState.carried_out:
        return
    waiting = update(Proposal).where(col(Proposal.id) == found.id, col(Proposal.act) == Act.reset_factors, is_open())
    await session.execute(waiting.values(failed_at=datetime.now(UTC), failed_because=found.state.value))


async def tell(
    session: AsyncSession, found: FactorReset, *, purpose: str | None = None, outcome: Outcome = Outcome.success
) -> None:
    await record(
        session,
        Verb.factor_reset_carried_out,
        object_id=found.id,
        subject_id=found.person_id,
        purpose=purpose,
        outcome=outcome,
    )
