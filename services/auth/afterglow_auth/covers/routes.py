"""Cover, in the accounts API."""

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
from afterglow_auth.covers import service
from afterglow_auth.covers.reading import find_cover, page_of_covers
from afterglow_auth.covers.schemas import CoverIn, CoverOut, CoverPage
from afterglow_auth.permissions import Permission

ReadCare = Annotated[Caller, require(Permission.care_read)]
WriteCare = Annotated[Caller, require(Permission.care_write)]

router = room("/covers", "covers")


@router.get("")
async def list_covers(
    caller: ReadCare,
    session: UnitOfWork,
    limit: Limit = 50,
    after: UUID | None = None,
    person: Annotated[UUID | None, Query(description="only where they are away, cover or are covered for")] = None,
) -> CoverPage:
    """Who stands in for whom, also what is over; the newest first."""
    await record(session, Verb.covers_listed, caller, subject_id=person)
    return await page_of_covers(session, person, after=after, limit=limit)


@router.put(
    "/{cover_id}",
    status_code=201,
    responses={200: {"model": CoverOut, "description": "It was arranged before"}, **BODY, **responses(Conflict)},
)
async def arrange(
    cover_id: UUID7, wanted: CoverIn, caller: WriteCare, session: UnitOfWork, response: Response
) -> CoverOut:
    """Let a therapist stand in for another from one time to another; everybody is told at once. Safe to repeat.

    403 `own_account`; 409 `conflict` (this id stands for another wish); 422 `invalid_input` naming the field.
    """
    if not await service.arrange(session, cover_id, wanted, caller):
        response.status_code = 200
    return await find_cover(session, cover_id, Refusal(Verb.cover_arranged, cover_id))


@router.put("/{cover_id}/end", responses=responses(NotFound))
async def end(cover_id: UUID, caller: WriteCare, session: UnitOfWork) -> CoverOut:
    """End it now; everybody is told. Again, it changes nothing."""
    refusal = Refusal(Verb.cover_ended, cover_id)
    await find_cover(session, cover_id, refusal)
    await service.end(session, cover_id, caller)
    return await find_cover(session, cover_id, refusal)
