from typing import Annotated

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import (
    BadRequest,
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

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.permissions import Permission
from afterglow_portal.references.schemas import References, ReferencesIn
from afterglow_portal.references.service import openable

router = room("/references", "references")
ReadReferences = Annotated[Caller, require(Permission.references_read)]
READING = responses(
    BadRequest,
    NotAuthenticated,
    Forbidden,
    NotFound,
    PayloadTooLarge,
    UnsupportedMediaType,
    InvalidInput,
    Unavailable,
)


@router.post("", responses=READING)
async def read_references(body: ReferencesIn, caller: ReadReferences, session: LiveSession) -> References:
    """Tell which of these the caller may open at this moment, each with its kind and day.

    Not audited: nothing of what somebody wrote is touched, and opening one is told when it happens. The refusal of a
    client who is not in the caller's care is.
    """
    client = await whose_record(session, caller, body.client, AuditAction.references_read)
    return References(items=await openable(session, caller, client, body.references))
