"""Where somebody is signed in: which browser, since when, and when it was last there. Never from where."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from afterglow_auth.audit import Verb, record
from afterglow_auth.browser import drop_cookie
from afterglow_auth.mail.sending import send_later
from afterglow_auth.pages import redirect
from afterglow_auth.security.letters import SIGNED_OUT
from afterglow_auth.security.visits import START, Changing, Reading, Visit, submitting
from afterglow_auth.sessions.devices import in_words
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import (
    end_other_sessions,
    end_session,
    end_sessions_of,
    find_session,
    is_over,
    live_sessions,
)
from afterglow_auth.sign_in.stages import leave, leave_others

MOST = 50
PATH = f"{START}/sessions"
EndingOne = Annotated[Visit, submitting(Verb.session_ended)]
EndingMany = Annotated[Visit, submitting(Verb.sessions_ended)]

router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(public)])


@router.get("")
async def list_sessions(visit: Reading, done: str = "") -> Response:
    """The live ones, this browser's first, then whichever was there last."""
    async with visit.unit_of_work() as session:
        found = await live_sessions(session, visit.person.id, after=None, limit=MOST)
    here = visit.signed_in.session.id
    ordered = sorted(found, key=lambda one: (one.id != here, -one.last_seen_at.timestamp()))
    return visit.page("sessions/page", sessions=ordered, here=here, done=done, in_words=in_words)


@router.get("/others")
async def ask_about_others(visit: Changing) -> Response:
    """Whether to end all but this one."""
    return visit.page("sessions/others")


@router.post("/others")
async def end_others(visit: EndingMany) -> Response:
    """End all but this one, and everything begun in them; whoever is on the way in elsewhere begins again."""
    async with visit.changing() as (session, person):
        await end_other_sessions(session, person.id, keep=visit.signed_in.session.id)
        await leave_others(session, visit.provider, person.id, visit.cookie)
        await tell(session, visit, Verb.sessions_ended)
    return redirect(f"{PATH}?done=others")


@router.get("/all")
async def ask_about_all(visit: Changing) -> Response:
    """Whether to end everything, this browser's too."""
    return visit.page("sessions/all")


@router.post("/all")
async def end_all(visit: EndingMany) -> Response:
    """End everything of this person's, here too."""
    async with visit.changing() as (session, person):
        await end_sessions_of(session, person.id)
        await tell(session, visit, Verb.sessions_ended)
    return gone(visit)


@router.get("/{session_id}")
async def ask_about_one(session_id: UUID, visit: Changing) -> Response:
    """Whether to end this one."""
    async with visit.unit_of_work() as session:
        found = await find_session(session, session_id, visit.person.id)
    if found is None or is_over(found):
        raise await visit.nothing_here(Verb.session_ended, session_id)
    return visit.page("sessions/one", session=found, here=visit.signed_in.session.id, in_words=in_words)


@router.post("/{session_id}")
async def end_one(session_id: UUID, visit: EndingOne) -> Response:
    """End one session and everything begun in it; again, it changes nothing."""
    async with visit.changing() as (session, person):
        found = await find_session(session, session_id, person.id)
        if found and found.ended_at is None:
            await end(session, visit, found)
    if found is None:
        raise await visit.nothing_here(Verb.session_ended, session_id)
    return gone(visit) if found.id == visit.signed_in.session.id else redirect(f"{PATH}?done=one")


async def end(session: AsyncSession, visit: Visit, found: Session) -> None:
    await end_session(session, found.id)
    if found.id == visit.signed_in.session.id:
        await leave(session, visit.provider, visit.cookie)
    await tell(session, visit, Verb.session_ended, found.id)


async def tell(session: AsyncSession, visit: Visit, verb: Verb, object_id: UUID | None = None) -> None:
    await send_later(session, SIGNED_OUT, to=visit.person.id)
    await record(session, verb, visit.signed_in.caller, object_id=object_id, subject_id=visit.person.id)


def gone(visit: Visit) -> Response:
    """This browser is signed out, too."""
    answer = visit.provider.templates.page(
        visit.request, "signed_out.html", start=visit.provider.settings.base_url + "/", stays=False
    )
    drop_cookie(answer, visit.provider.settings)
    return answer
