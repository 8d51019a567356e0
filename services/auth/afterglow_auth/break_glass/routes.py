"""Emergencies, in the accounts API: a record is opened for an hour or less, and somebody else reviews that it was."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import RowContext, UnitOfWork
from afterglow_foundation.errors import Conflict, NotFound, Refusal, TooManyRequests, responses
from afterglow_foundation.permissions import require
from fastapi import Response
from pydantic import UUID7

from afterglow_auth.api import BODY, Limit, room
from afterglow_auth.audit import Verb, record
from afterglow_auth.break_glass import reading, service
from afterglow_auth.break_glass.schemas import BreakGlassIn, BreakGlassOut, BreakGlassPage, ReviewIn
from afterglow_auth.break_glass.tries import counted
from afterglow_auth.permissions import Permission
from afterglow_auth.problems import ReviewedBefore
from afterglow_auth.provider import Provider

EndAccess = Annotated[Caller, require(Permission.break_glass_end)]
OpenRecord = Annotated[Caller, require(Permission.break_glass_open)]
ReadEmergencies = Annotated[Caller, require(Permission.break_glass_read)]
Review = Annotated[Caller, require(Permission.break_glass_review)]

router = room("/break-glass", "break-glass")


@router.get("")
async def list_emergencies(
    caller: ReadEmergencies, session: UnitOfWork, provider: Provider, limit: Limit = 50, after: UUID | None = None
) -> BreakGlassPage:
    """Admins see every one; a therapist their own, and those of clients whom they treat. Nothing clinical."""
    await record(session, Verb.break_glass_listed, caller)
    return await reading.page_of(session, caller, provider.sealed_with, after=after, limit=limit)


@router.put(
    "/{grant_id}",
    status_code=201,
    responses={
        200: {"model": BreakGlassOut, "description": "It was opened before"},
        **BODY,
        **responses(NotFound, Conflict, TooManyRequests),
    },
)
async def open_record(
    grant_id: UUID7, wanted: BreakGlassIn, caller: OpenRecord, provider: Provider, response: Response
) -> BreakGlassOut:
    """Let oneself read the record of a client whom one does not treat, for an hour; everybody is told. Safe to repeat.

    404 where the address is no client's; 409 `already_assigned`, `already_open` or `conflict` (this id stands for
    another wish); 429 after several addresses that are nobody's.
    """
    work, refusal = provider.database.unit_of_work(RowContext.of(caller)), Refusal(Verb.break_glass_opened, grant_id)
    async with counted(provider, caller), work as session:
        if not await service.open_record(session, grant_id, wanted, caller):
            response.status_code = 200
        return await reading.find(session, caller, provider.sealed_with, grant_id, refusal)


@router.get("/{grant_id}", responses=responses(NotFound))
async def read_emergency(
    grant_id: UUID, caller: ReadEmergencies, session: UnitOfWork, provider: Provider
) -> BreakGlassOut:
    """One of those that the caller may see."""
    refusal = Refusal(Verb.break_glass_listed, grant_id)
    found = await reading.find(session, caller, provider.sealed_with, grant_id, refusal)
    await record(session, Verb.break_glass_listed, caller, object_id=grant_id, subject_id=found.client.id)
    return found


@router.put("/{grant_id}/end", responses=responses(NotFound))
async def end(grant_id: UUID, caller: EndAccess, session: UnitOfWork, provider: Provider) -> BreakGlassOut:
    """End what oneself opened, or as an admin anybody's, before its hour is over. Again, it changes nothing."""
    refusal = Refusal(Verb.break_glass_ended, grant_id)
    await service.end(session, await reading.find(session, caller, provider.sealed_with, grant_id, refusal), caller)
    return await reading.find(session, caller, provider.sealed_with, grant_id, refusal)


@router.put(
    "/{grant_id}/review",
    status_code=201,
    responses={
        200: {"model": BreakGlassOut, "description": "They said the same before"},
        **BODY,
        **responses(NotFound, Conflict),
    },
)
async def review(  # noqa: PLR0917  # FastAPI's way to say what a route needs
    grant_id: UUID, wanted: ReviewIn, caller: Review, session: UnitOfWork, provider: Provider, response: Response
) -> BreakGlassOut:
    """Say that one has looked at it, and what one found. Safe to repeat.

    403 `own_act` for whoever opened the record; 409 `reviewed_before` where somebody said something else.
    """
    refusal = Refusal(Verb.break_glass_reviewed, grant_id)
    found = await reading.find(session, caller, provider.sealed_with, grant_id, refusal)
    made = await service.review(session, provider.sealed_with, found, wanted, caller)
    shown = await reading.find(session, caller, provider.sealed_with, grant_id, refusal)
    if not made:
        said = shown.review
        if said is None or (said.by.id, said.outcome, said.remark) != (caller.person, wanted.outcome, wanted.remark):
            raise ReviewedBefore(refusal=refusal)
        response.status_code = 200
    return shown
