"""What an operator does to people and care: auth's own functions, on auth's own database."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from afterglow_auth.accounts import service as accounts
from afterglow_auth.accounts.models import Person, PersonState
from afterglow_auth.accounts.policy import in_state
from afterglow_auth.accounts.schemas import PersonOut, PersonRole
from afterglow_auth.audit import Verb, record
from afterglow_auth.care import service as care
from afterglow_auth.factor_resets import service as factor_resets
from afterglow_auth.factor_resets.schemas import FactorResetOut
from afterglow_auth.imports import carrying_out
from afterglow_auth.imports.fitting import fit
from afterglow_auth.imports.reading import read
from afterglow_auth.imports.schemas import ImportIn, RowFault
from afterglow_auth.invitations import service as invitations
from afterglow_auth.invitations.schemas import InvitationIn
from afterglow_auth.settings import Settings
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_operator.errors import OperatorError

Document = dict[str, Any]
SOME = 5


async def list_people(session: AsyncSession, *, role: Role | None, state: PersonState | None) -> list[Document]:
    """Everybody, or everybody of a role or in a state, by name."""
    asked = select(Person).order_by(func.lower(col(Person.name)), col(Person.id))
    if role:
        asked = asked.where(col(Person.role) == role)
    if state:
        asked = asked.where(in_state(state))
    people = (await session.scalars(asked)).all()
    await record(session, Verb.people_listed)
    return [shown(person) for person in people]


async def invite(session: AsyncSession, settings: Settings, wanted: InvitationIn) -> Document:
    """Invite a client, or an admin where no admin can act; the link goes out by mail."""
    await keep_second_person(session, wanted)
    made = await invitations.invite(session, settings, invitations.Wish(new_id(), wanted))
    invitation = {"id": str(made.invitation.id), "expires_at": made.invitation.expires_at}
    return {"person": shown(made.person), "invitation": invitation}


async def keep_second_person(session: AsyncSession, wanted: InvitationIn) -> None:
    """Making staff takes two people (SECURITY §2), and this command line is one. OperatorError says what to do."""
    if wanted.role is PersonRole.client:
        return
    able = select(func.count()).where(col(Person.role) == PersonRole.admin, in_state(PersonState.active))
    if await session.scalar(able):
        raise OperatorError(
            f"Inviting {'an admin' if wanted.role is PersonRole.admin else 'a therapist'} takes a second person: "
            "an admin asks for it in the portal, where another one approves it."
        )
    if wanted.role is PersonRole.therapist:
        raise OperatorError("No admin can act yet: invite an admin first.")


async def enable(session: AsyncSession, who: str) -> Document:
    """Open a closed account again, of one of the staff too only where no admin could approve it in the portal."""
    person = await find(session, who)
    if accounts.takes_two_to_enable(person) and await others_who_can_act(session, person):
        raise OperatorError("Letting staff in again takes a second person: an admin asks for it in the portal.")
    await accounts.enable(session, person.id)
    await session.refresh(person)
    return shown(person)


async def reset(session: AsyncSession, settings: Settings, who: str) -> Document:
    """Ask that every way in of somebody is taken away, a day after they and the other staff were told.

    One of the staff only where no other admin could ask and approve in the portal: a lone admin who is locked out.
    """
    person = await find(session, who)
    if person.is_staff and await others_who_can_act(session, person):
        raise OperatorError("Resetting one of the staff takes a second person: an admin asks for it in the portal.")
    made, _created = await factor_resets.ask(session, settings, factor_resets.Wish(new_id(), person))
    return {"person": shown(person), "factor_reset": FactorResetOut.model_validate(made).model_dump(mode="json")}


async def others_who_can_act(session: AsyncSession, person: Person) -> int:
    able = select(func.count()).where(
        col(Person.role) == PersonRole.admin, in_state(PersonState.active), col(Person.id) != person.id
    )
    return await session.scalar(able) or 0


async def import_people(session: AsyncSession, settings: Settings, wanted: ImportIn) -> AsyncIterator[tuple[int, int]]:
    """Invite every client of a CSV file, or nobody: how many are made, of how many. OperatorError names the rows."""
    reading = read(wanted)
    rows = await fit(session, reading)
    if reading.faults:
        raise OperatorError(fault_sentence(reading.faults))
    try:
        async for made in carrying_out.make_all(session, settings, rows, None):
            yield made, len(rows)
    except carrying_out.NoLongerFitsError as error:
        raise OperatorError(fault_sentence(error.faults)) from error


def fault_sentence(faults: Sequence[RowFault]) -> str:
    """Where the first few are, and what."""
    places = [f"row {one.row}{f', {one.column}' if one.column else ''}: {one.message}" for one in faults[:SOME]]
    more = [f"and {len(faults) - SOME} more"] if len(faults) > SOME else []
    return f"Nobody is invited: {'; '.join(places + more)}."


async def disable(session: AsyncSession, who: str) -> Document:
    """End an account and everything signed in to it. Again, it changes nothing."""
    person = await find(session, who)
    await accounts.disable(session, person.id)
    await session.refresh(person)
    return shown(person)


async def assign(session: AsyncSession, client: str, therapist: str) -> Document:
    """Let a therapist treat a client; both are told. Where they already do, that relationship is answered."""
    of, by = await find(session, client), await find(session, therapist)
    relationship = await care.assign(session, of.id, by.id)
    return {
        "id": str(relationship.id),
        "client": shown(of),
        "therapist": shown(by),
        "started_at": relationship.started_at,
    }


async def find(session: AsyncSession, who: str) -> Person:
    """The person of an address or an id. OperatorError where there is none."""
    person = await accounts.find_by_email(session, who)
    if person is None:
        try:
            person = await session.get(Person, UUID(who))
        except ValueError:
            person = None
    if person is None:
        raise OperatorError(f"There is nobody with the address or id {who}.")
    return person


def shown(person: Person) -> Document:
    return PersonOut.model_validate(person).model_dump(mode="json")
