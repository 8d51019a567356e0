"""The therapist's desk as routes need it: who may read and write, the client found to be treated, what is kept."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
    Unavailable,
    UnsupportedMediaType,
    responses,
)
from afterglow_foundation.permissions import require
from afterglow_foundation.sealing import DataKeyStore
from fastapi import Depends, Query
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.planning import key_for
from afterglow_portal.course.policy import refuse_unless_treating
from afterglow_portal.course.writer import Writer
from afterglow_portal.people.policy import LiveSession
from afterglow_portal.permissions import Permission
from afterglow_portal.sealing import Keys

ReadCourse = Annotated[Caller, require(Permission.course_read)]
WriteCourse = Annotated[Caller, require(Permission.course_write)]
Client = Annotated[UUID, Query(description="whose")]
READING = responses(NotAuthenticated, Forbidden, NotFound, InvalidInput, Unavailable)
ACTING = {**READING, **responses(Conflict)}
WRITING = {**ACTING, **responses(BadRequest, PayloadTooLarge, UnsupportedMediaType)}
AGAIN: dict[int | str, dict[str, Any]] = {200: {"description": "Sent before: it stands already"}}


@dataclass(frozen=True, slots=True)
class Desk:
    """Whoever writes a client's course, with what writing needs: found to treat the client, and audited."""

    caller: Caller
    session: AsyncSession
    keys: DataKeyStore
    request: Request
    client: UUID

    async def let_in(self, action: AuditAction, object_id: UUID) -> None:
        """Raise NotFound, kept as a refused `action`, for whoever does not treat the client now."""
        await refuse_unless_treating(self.session, self.client, action, object_id)

    async def writer(self, action: AuditAction, object_id: UUID) -> Writer:
        await self.let_in(action, object_id)
        key = await key_for(self.keys, self.session, self.client)
        return Writer(self.session, key, self.caller.person, self.client)

    async def answer(self, action: AuditAction, object_id: UUID, *, done: bool, created: int = 201) -> Response:
        """Keep what this request did, and say whether it did it; one sent before changes nothing."""
        if done:
            trail = trail_of(self.request)
            await trail.record(self.session, self.caller, action, object_id=object_id, subject_id=self.client)
        return Response(status_code=created if done else 200)


async def at_desk(caller: WriteCourse, session: LiveSession, keys: Keys, request: Request, client: Client) -> Desk:
    return Desk(caller, session, keys, request, client)


AtDesk = Annotated[Desk, Depends(at_desk)]
