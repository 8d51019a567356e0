"""The dose curve over HTTP: for therapists in care, from what the client shares."""

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
from afterglow_portal.curve.items import Item
from afterglow_portal.curve.schemas import DoseCurve
from afterglow_portal.curve.service import dose_curve
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.permissions import Permission

router = room("/dose-curve", "dose curve")
ReadDoseCurve = Annotated[Caller, require(Permission.dose_curve_read)]


@router.get("", responses=responses(NotAuthenticated, Forbidden, NotFound, InvalidInput, Unavailable))
async def read_dose_curve(
    *,
    caller: ReadDoseCurve,
    session: LiveSession,
    request: Request,
    client: Annotated[UUID, Query(description="whose")],
    item: Item = Item.mood,
    course: Annotated[UUID | None, Query(description="without it the course with the newest dose")] = None,
    like: Annotated[UUID | None, Query(description="an administration: doses of its medicine and route")] = None,
) -> DoseCurve:
    """How a client in care noted one item before the doses of a course and after each of them (DOMAIN §3).

    From shared check-ins only. It says what was noted when; it does not say why.
    """
    owner = await whose_record(session, caller, client, AuditAction.curve_read)
    drawn = await dose_curve(session, caller, owner, item, course=course, like=like)
    await trail_of(request).record(session, caller, AuditAction.curve_read, subject_id=owner)
    return drawn
