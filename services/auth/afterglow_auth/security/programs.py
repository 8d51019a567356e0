"""Programs of others that somebody allowed in: what each may do, since when, and an end to it."""

from typing import Annotated

from afterglow_foundation.errors import NotFound
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_auth.audit import Verb
from afterglow_auth.consents.service import every_allowed, find_consent, take_back
from afterglow_auth.consents.words import in_words
from afterglow_auth.mail.sending import send_later
from afterglow_auth.pages import redirect
from afterglow_auth.programs.schemas import ClientId
from afterglow_auth.security.letters import PROGRAM_REMOVED
from afterglow_auth.security.visits import START, Changing, Reading, Visit, submitting

PATH = f"{START}/programs"
Removing = Annotated[Visit, submitting(Verb.consent_taken_back)]

router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(public)])


@router.get("")
async def list_programs(visit: Reading, done: str = "") -> Response:
    """By name, each with what it may do and when it was last here."""
    async with visit.unit_of_work() as session:
        found = await every_allowed(session, visit.person.id)
    return visit.page("programs/page", allowed=found, done=done, in_words=in_words)


@router.get("/{program_id}")
async def ask_about_one(program_id: ClientId, visit: Changing) -> Response:
    """Whether to take back what it was allowed."""
    async with visit.unit_of_work() as session:
        found = await find_consent(session, visit.person.id, program_id)
    if found is None:
        await visit.refuse(Verb.consent_taken_back, "not_found")
        raise NotFound
    return visit.page("programs/one", consent=found, in_words=in_words)


@router.post("/{program_id}")
async def remove(program_id: ClientId, visit: Removing) -> Response:
    """Take it back, with everything that it was given; again, there is nothing here."""
    async with visit.changing() as (session, person):
        removed = await take_back(session, visit.signed_in, program_id)
        if removed:
            await send_later(session, PROGRAM_REMOVED, to=person.id)
    if not removed:
        await visit.refuse(Verb.consent_taken_back, "not_found")
        raise NotFound
    return redirect(f"{PATH}?done=removed")
