"""Who treats whom, in the accounts API."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import Conflict, NotFound, Refusal, responses
from afterglow_foundation.permissions import require
from fastapi import Query, Response
from pydantic import UUID7

from afterglow_auth.api import BODY, Limit, room
from afterglow_auth.audit import Verb, record
from afterglow_auth.care import service
from afterglow_auth.care.reading import find_care, page_of_care
from afterglow_auth.care.schemas import CareIn, CareOut, CarePage
from afterglow_auth.permissions import Permission

ReadCare = Annotated[Caller, require(Permission.care_read)]
WriteCare = Annotated[Caller, require(Permission.care_write)]

router = room("/care-relationships", "care relationships")


@router.get("")
async def list_care(
    caller: ReadCare,
    session: UnitOfWork,
    limit: Limit = 50,
    after: UUID | None = None,
    person: Annotated[UUID | None, Query(description="only theirs, client or therapist")] = None,
) -> CarePage:
    """Care relationships, ended ones too, the newest first."""
    await record(session, Verb.care_listed, caller, subject_id=person)
    return await page_of_care(session, person, after=after, limit=limit)


@router.put(
    "/{relationship_id}",
    status_code=201,
    responses={200: {"model": CareOut, "description": "It was begun before"}, **BODY, **responses(Conflict)},
)
async def assign_care(
    relationship_id: UUID7, wanted: CareIn, caller: WriteCare, session: UnitOfWork, response: Response
) -> CareOut:
    """Let a therapist treat a client, from now on or between times; both are told at once. Safe to repeat.

    403 `own_account`, 409 `already_assigned` or `conflict` (this id stands for another wish), 422 `invalid_input`
    naming `client_id`, `therapist_id`, `starts_at` or `ends_at`.
    """
    if not await service.assign_as(session, relationship_id, wanted, caller=caller):
        response.status_code = 200
    return await find_care(session, relationship_id, Refusal(Verb.care_assigned, relationship_id))


@router.put("/{relationship_id}/end", responses=responses(NotFound))
async def end_care(relationship_id: UUID, caller: WriteCare, session: UnitOfWork) -> CareOut:
    """End a relationship now; both are told. Again, it changes nothing."""
    refusal = Refusal(Verb.care_ended, relationship_id)
    await find_care(session, relationship_id, refusal)
    await service.end(session, relationship_id, caller=caller)
    session.expire_all()
    return await find_care(session, relationship_id, refusal)
