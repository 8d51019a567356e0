"""Somebody's sessions, in the accounts API."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import NotFound, Refusal, responses
from afterglow_foundation.permissions import require

from afterglow_auth.accounts.service import find
from afterglow_auth.api import Limit, room
from afterglow_auth.audit import Verb, record
from afterglow_auth.permissions import Permission
from afterglow_auth.sessions.schemas import SessionOut, SessionPage
from afterglow_auth.sessions.service import end_session, end_sessions_of, find_session, live_sessions

ReadSessions = Annotated[Caller, require(Permission.sessions_read)]
EndSessions = Annotated[Caller, require(Permission.sessions_end)]

router = room("/people/{person_id}/sessions", "sessions")


@router.get("", responses=responses(NotFound))
async def list_sessions(
    person_id: UUID, caller: ReadSessions, session: UnitOfWork, limit: Limit = 50, after: UUID | None = None
) -> SessionPage:
    """A person's live sessions, by id."""
    await find(session, person_id, Refusal(Verb.sessions_listed, subject_id=person_id))
    found = await live_sessions(session, person_id, after=after, limit=limit + 1)
    await record(session, Verb.sessions_listed, caller, subject_id=person_id)
    more = str(found[limit - 1].id) if len(found) > limit else None
    return SessionPage(items=[SessionOut.model_validate(one) for one in found[:limit]], next=more)


@router.delete("", status_code=204, responses=responses(NotFound))
async def end_all(person_id: UUID, caller: EndSessions, session: UnitOfWork) -> None:
    """End everything of one person's; their account stays open."""
    await find(session, person_id, Refusal(Verb.sessions_ended, subject_id=person_id))
    await end_sessions_of(session, person_id)
    await record(session, Verb.sessions_ended, caller, subject_id=person_id)


@router.delete("/{session_id}", status_code=204, responses=responses(NotFound))
async def end_one(person_id: UUID, session_id: UUID, caller: EndSessions, session: UnitOfWork) -> None:
    """End one session and what was begun in it; again, it changes nothing."""
    found = await find_session(session, session_id, person_id)
    if found is None:
        raise NotFound(refusal=Refusal(Verb.session_ended, session_id, person_id))
    if found.ended_at is None:
        await end_session(session, session_id)
        await record(session, Verb.session_ended, caller, object_id=session_id, subject_id=person_id)
