"""People, in the accounts API."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import Conflict, NotFound, Refusal, responses
from afterglow_foundation.permissions import require
from fastapi import Query, Response

from afterglow_auth.accounts import service
from afterglow_auth.accounts.models import PersonState
from afterglow_auth.accounts.policy import Search, own_account, page_of, visible_people
from afterglow_auth.accounts.reading import detail
from afterglow_auth.accounts.schemas import AccountOut, PeoplePage, PersonDetail, PersonOut, PersonRole
from afterglow_auth.api import Limit, json_response, room
from afterglow_auth.audit import Verb, record
from afterglow_auth.permissions import Permission
from afterglow_auth.proposals.making import propose_enabling
from afterglow_auth.proposals.schemas import ProposalOut
from afterglow_auth.provider import Provider

ReadPeople = Annotated[Caller, require(Permission.people_read)]
ReadAccount = Annotated[Caller, require(Permission.account_read)]
HoldExports = Annotated[Caller, require(Permission.exports_hold)]
ReleaseExports = Annotated[Caller, require(Permission.exports_release)]
DisablePeople = Annotated[Caller, require(Permission.people_disable)]

router = room("", "people")


@router.get("/people")
async def list_people(
    *,
    caller: ReadPeople,
    session: UnitOfWork,
    limit: Limit = 50,
    after: UUID | None = None,
    q: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
    role: PersonRole | None = None,
    state: PersonState | None = None,
) -> PeoplePage:
    """Everybody with an account, by name; `q` searches names and addresses."""
    asked = page_of(visible_people(caller), Search(q, role, state), after=after, limit=limit + 1)
    people = (await session.scalars(asked)).all()
    await record(session, Verb.people_listed, caller)
    shown = people[:limit]
    more = str(shown[-1].id) if len(people) > limit else None
    return PeoplePage(items=[PersonOut.model_validate(person) for person in shown], next=more)


@router.get("/people/{person_id}", responses=responses(NotFound))
async def read_person(person_id: UUID, caller: ReadPeople, session: UnitOfWork) -> PersonDetail:
    """One person: the account, live care, sessions, invitation and reset. Nothing clinical."""
    person = await service.find(session, person_id, Refusal(Verb.person_read, person_id))
    await record(session, Verb.person_read, caller, object_id=person_id, subject_id=person_id)
    return await detail(session, person)


@router.put("/people/{person_id}/disablement", responses=responses(NotFound, Conflict))
async def disable_person(person_id: UUID, caller: DisablePeople, session: UnitOfWork) -> PersonDetail:
    """Disable an account and end everything of theirs. Again, it changes nothing.

    403 `own_account`, 409 `last_admin`.
    """
    person = await service.find(session, person_id, Refusal(Verb.person_disabled, person_id))
    await service.disable(session, person_id, caller=caller)
    await session.refresh(person)
    return await detail(session, person)


@router.delete(
    "/people/{person_id}/disablement",
    response_model=PersonDetail,
    responses={
        202: {"model": ProposalOut, "description": "Staff, after a day: it waits for a second person, as a proposal"},
        **responses(NotFound, Conflict),
    },
)
async def enable_person(person_id: UUID, caller: DisablePeople, session: UnitOfWork, provider: Provider) -> Response:
    """Open a disabled account again. Sessions that ended stay ended.

    A member of the staff whose account was closed for more than a day is made one anew: 409 `already_proposed`.
    """
    person = await service.find(session, person_id, Refusal(Verb.person_enabled, person_id))
    if service.takes_two_to_enable(person):
        return json_response(await propose_enabling(session, provider.settings, person, caller), 202)
    await service.enable(session, person_id, caller=caller)
    await session.refresh(person)
    return json_response(await detail(session, person), 200)


@router.put("/people/{person_id}/export-hold", responses=responses(NotFound))
async def hold_exports(person_id: UUID, caller: HoldExports, session: UnitOfWork) -> PersonDetail:
    """Let nothing of somebody's be exported until it is released; for a call in which they ask for that."""
    person = await service.find(session, person_id, Refusal(Verb.exports_held, person_id))
    await service.hold_exports(session, person_id, held=True, caller=caller)
    await session.refresh(person)
    return await detail(session, person)


@router.delete("/people/{person_id}/export-hold", responses=responses(NotFound))
async def release_exports(person_id: UUID, caller: ReleaseExports, session: UnitOfWork) -> PersonDetail:
    """Let their exports go again."""
    person = await service.find(session, person_id, Refusal(Verb.exports_released, person_id))
    await service.hold_exports(session, person_id, held=False, caller=caller)
    await session.refresh(person)
    return await detail(session, person)


@router.get("/me")
async def read_own_account(caller: ReadAccount, session: UnitOfWork) -> AccountOut:
    """The account of whoever asks."""
    own = (await session.scalars(own_account(caller))).one()
    return AccountOut.model_validate(own)
