"""An admin reads who did what here, and whose names stand behind ids. That is audited too."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit.reading import AskedEvents, AuditEventPage, page_of_events
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.permissions import require
from fastapi import Query
from pydantic import BaseModel

from afterglow_auth.api import room
from afterglow_auth.audit import AuditEvent, Verb, record
from afterglow_auth.auditing.names import names_of
from afterglow_auth.named import Named
from afterglow_auth.permissions import Permission

MOST_NAMES = 200
ReadAudit = Annotated[Caller, require(Permission.audit_read)]

router = room("", "audit")


class Names(BaseModel):
    items: list[Named]


@router.get("/audit-events")
async def list_audit_events(
    asked: Annotated[AskedEvents, Query()], caller: ReadAudit, session: UnitOfWork
) -> AuditEventPage:
    """Who did what to whose account, the newest first."""
    await record(session, Verb.audit_read, caller, subject_id=asked.person)
    return await page_of_events(session, AuditEvent, asked)


@router.get("/names")
async def read_names(
    caller: ReadAudit,
    session: UnitOfWork,
    ids: Annotated[list[UUID], Query(alias="id", min_length=1, max_length=MOST_NAMES)],
) -> Names:
    """The names of these people, as far as there are any."""
    await record(session, Verb.names_read, caller)
    return Names(items=await names_of(session, ids))
