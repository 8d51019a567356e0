"""Cover in a therapist's own hands, in the accounts API. Whom they treat is not theirs to say; who stands in is."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import Conflict, NotFound, Refusal, responses
from afterglow_foundation.permissions import require
from fastapi import Response
from pydantic import UUID7

from afterglow_auth.api import BODY, Limit, room
from afterglow_auth.audit import Verb, record
from afterglow_auth.covers import service
from afterglow_auth.covers.reading import find_cover, page_of_covers
from afterglow_auth.covers.schemas import CoverIn, CoverOut, CoverPage
from afterglow_auth.own_covers.schemas import Colleagues, OwnCoverIn
from afterglow_auth.own_covers.service import colleagues_of
from afterglow_auth.permissions import Permission

OwnCover = Annotated[Caller, require(Permission.own_cover)]

router = room("/own-covers", "own covers")


@router.get("")
async def list_covers(caller: OwnCover, session: UnitOfWork, limit: Limit = 50, after: UUID | None = None) -> CoverPage:
    """Who stands in for oneself, and for whom one stands in; also what is over; the newest first."""
    await record(session, Verb.covers_listed, caller)
    return await page_of_covers(session, caller.person, after=after, limit=limit)


@router.get("/colleagues")
async def list_colleagues(caller: OwnCover, session: UnitOfWork) -> Colleagues:
    """The other therapists with a live account that they have taken up."""
    return Colleagues(items=await colleagues_of(session, caller.person))


@router.put(
    "/{cover_id}",
    status_code=201,
    responses={200: {"model": CoverOut, "description": "It was arranged before"}, **BODY, **responses(Conflict)},
)
async def arrange(
    cover_id: UUID7, wanted: OwnCoverIn, caller: OwnCover, session: UnitOfWork, response: Response
) -> CoverOut:
    """Let a colleague stand in for oneself from one time to another; everybody is told at once. Safe to repeat.

    409 `conflict` (this id stands for another wish); 422 `invalid_input` naming the field.
    """
    wish = CoverIn(therapist_id=caller.person, **wanted.model_dump())
    if not await service.arrange(session, cover_id, wish, caller, own=True):
        response.status_code = 200
    return await find_cover(session, cover_id, Refusal(Verb.cover_arranged, cover_id))


@router.put("/{cover_id}/end", responses=responses(NotFound))
async def end(cover_id: UUID, caller: OwnCover, session: UnitOfWork) -> CoverOut:
    """End one that one is in, away or standing in; everybody is told. Again, it changes nothing."""
    refusal = Refusal(Verb.cover_ended, cover_id)
    found = await find_cover(session, cover_id, refusal)
    if caller.person not in {found.therapist.id, found.covering.id}:
        raise NotFound(refusal=refusal)
    await service.end(session, cover_id, caller)
    return await find_cover(session, cover_id, refusal)
