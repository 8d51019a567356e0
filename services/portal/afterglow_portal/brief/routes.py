"""The brief over HTTP: for whoever is about to meet a client in their care."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Forbidden, InvalidInput, NotAuthenticated, NotFound, Unavailable, responses
from afterglow_foundation.permissions import require
from fastapi import Query
from starlette.requests import Request

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.brief.schemas import Brief
from afterglow_portal.brief.service import brief_of
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.permissions import Permission
from afterglow_portal.sealing import Keys

router = room("/brief", "brief")
ReadBrief = Annotated[Caller, require(Permission.brief_read)]


@router.get("", responses=responses(NotAuthenticated, Forbidden, NotFound, InvalidInput, Unavailable))
async def read_brief(
    *,
    caller: ReadBrief,
    session: LiveSession,
    keys: Keys,
    request: Request,
    client: Annotated[UUID, Query(description="whose")],
) -> Brief:
    """What a client in care shared since their last session, on one screen; noted as an opening that they see.

    The lines that they pinned are read by it, as by opening the agenda; journal entries and notes are not.
    """
    owner = await whose_record(session, caller, client, AuditAction.brief_read)
    brief = await brief_of(session, keys, caller, owner, datetime.now(UTC))
    await trail_of(request).record(session, caller, AuditAction.brief_read, subject_id=owner)
    return brief
