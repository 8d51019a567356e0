"""Check-ins over HTTP: record, edit, erase, read."""

from typing import Annotated, Any, Literal
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import SingleStatement
from afterglow_foundation.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
    Refusal,
    Unavailable,
    UnsupportedMediaType,
    responses,
)
from afterglow_foundation.permissions import require
from fastapi import Query
from pydantic import UUID7, BaseModel
from starlette.requests import Request
from starlette.responses import Response

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.checkins.curve import draw
from afterglow_portal.checkins.editing import edit, own_for_update
from afterglow_portal.checkins.erasing import erase
from afterglow_portal.checkins.reading import Window, find_one, find_page, find_versions
from afterglow_portal.checkins.readings import find_readings, keep_opened
from afterglow_portal.checkins.recording import Recorded, record
from afterglow_portal.checkins.schemas import (
    CheckInBody,
    CheckInOut,
    CheckInPage,
    Curve,
    FormVocabulary,
    Readings,
    VersionBody,
    Versions,
)
from afterglow_portal.checkins.timeline import timeline
from afterglow_portal.checkins.vocabulary import vocabulary
from afterglow_portal.course.impairment import impaired_until
from afterglow_portal.course.switched_on import switched_on
from afterglow_portal.people.care_now import standing_in_now
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.permissions import Permission
from afterglow_portal.sealing import Keys, find_key
from afterglow_portal.times import Instant

router = room("/check-ins", "check-ins")
ReadCheckIns = Annotated[Caller, require(Permission.check_ins_read)]
WriteCheckIns = Annotated[Caller, require(Permission.check_ins_write)]
Client = Annotated[UUID | None, Query(description="whose, for a therapist")]
READING = responses(NotAuthenticated, Forbidden, NotFound, InvalidInput, Unavailable)
WRITING = responses(
    BadRequest,
    NotAuthenticated,
    Forbidden,
    Conflict,
    PayloadTooLarge,
    UnsupportedMediaType,
    InvalidInput,
    Unavailable,
)
AGAIN: dict[int | str, dict[str, Any]] = {
    200: {"model": CheckInOut, "description": "Sent before: the same answer again"}
}


async def keep_reading(
    request: Request,
    session: LiveSession,
    caller: Caller,
    action: AuditAction,
    client: UUID,
    *,
    object_id: UUID | None = None,
) -> None:
    """Audit a therapist's reading in its own transaction; reading what one wrote oneself is not an access to tell."""
    if caller.role == Role.therapist:
        await trail_of(request).record(session, caller, action, object_id=object_id, subject_id=client)


def answer(recorded: Recorded) -> Response:
    """201 for what this request stored, 200 for a repeat; serialised once, not validated again."""
    return json_response(recorded.check_in, 201 if recorded.created else 200)


def json_response(document: BaseModel, status: int) -> Response:
    return Response(document.model_dump_json(), status, media_type="application/json")


@router.get("/vocabulary", responses=responses(NotAuthenticated, Forbidden, Unavailable))
async def read_vocabulary(caller: ReadCheckIns, session: LiveSession) -> FormVocabulary:
    """The words, tags and optional items that a check-in may name; what this client is asked, and who stands in now."""
    return FormVocabulary(
        **dict(vocabulary()),
        switched_on=await switched_on(session, caller.person),
        standing_in=await standing_in_now(session, caller.person),
        shared_again_at=await impaired_until(session, caller.person),
    )


@router.get("/curve", responses=READING)
async def read_curve(
    *,
    caller: ReadCheckIns,
    session: LiveSession,
    request: Request,
    days: Annotated[int, Query(ge=1, le=366)] = 30,
    span: Annotated[Literal["all"] | None, Query(description="instead of `days`: up to ten years")] = None,
    client: Client = None,
) -> Curve:
    """Day means of one's own check-ins, or of those a client in care shared; days without any are gaps.

    A span of more than a year is one of weeks: each the mean of its day means.
    """
    owner = await whose_record(session, caller, client, AuditAction.curve_read)
    await keep_reading(request, session, caller, AuditAction.curve_read, owner)
    return await draw(session, caller, owner, None if span else days)


@router.get("/timeline", response_model=CheckInPage, responses=READING)
async def read_timeline(
    caller: WriteCheckIns,
    database: SingleStatement,
    keys: Keys,
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Everything one noted oneself, newest first: ten years of a check-in a day fit into one answer."""
    return Response(await timeline(database, keys, caller, after), media_type="application/json")


@router.get("", responses=READING)
async def list_check_ins(
    *,
    caller: ReadCheckIns,
    session: LiveSession,
    keys: Keys,
    request: Request,
    first: Annotated[Instant | None, Query(alias="from")] = None,
    last: Annotated[Instant | None, Query(alias="to")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str | None, Query(max_length=200)] = None,
    client: Client = None,
) -> CheckInPage:
    """One's own check-ins, or those a client in care shared: newest first, `from` ≤ felt_at < `to`."""
    owner = await whose_record(session, caller, client, AuditAction.check_ins_read)
    await keep_reading(request, session, caller, AuditAction.check_ins_read, owner)
    found = await find_page(session, keys, caller, owner, Window(first, last, limit, after))
    found.items = await keep_opened(session, caller, found.items)
    return found


@router.put("/{check_in_id}", status_code=201, response_model=CheckInOut, responses={**WRITING, **AGAIN})
async def put_check_in(
    check_in_id: UUID7, body: CheckInBody, caller: WriteCheckIns, database: SingleStatement, keys: Keys
) -> Response:
    """Record a check-in under an id the client made: 201 once, 200 with the same answer when it is sent again."""
    return answer(await record(database, keys, caller, check_in_id, body))


@router.get("/{check_in_id}", responses=READING)
async def read_check_in(
    *,
    check_in_id: UUID,
    caller: ReadCheckIns,
    session: LiveSession,
    keys: Keys,
    request: Request,
    client: Client = None,
) -> CheckInOut:
    """One check-in, as it stands now."""
    owner = await whose_record(session, caller, client, AuditAction.check_in_read, check_in_id)
    found = await find_one(session, keys, caller, owner, check_in_id)
    shown = await keep_opened(session, caller, [found] if found else [])
    if not shown:
        raise NotFound(refusal=Refusal(AuditAction.check_in_read, check_in_id, owner))
    await keep_reading(request, session, caller, AuditAction.check_in_read, owner, object_id=check_in_id)
    return shown[0]


@router.delete(
    "/{check_in_id}",
    status_code=204,
    response_model=None,
    responses={**READING, **responses(Conflict)},
)
async def delete_check_in(check_in_id: UUID, caller: WriteCheckIns, session: LiveSession, request: Request) -> None:
    """Erase one's own check-in and its versions; safe to repeat. What was opened answers 409 and stays."""
    if await erase(session, caller, check_in_id):
        await trail_of(request).record(
            session, caller, AuditAction.check_in_erased, object_id=check_in_id, subject_id=caller.person
        )


@router.post(
    "/{check_in_id}/versions",
    status_code=201,
    response_model=CheckInOut,
    responses={**WRITING, **responses(NotFound), **AGAIN},
)
async def post_version(
    *, check_in_id: UUID, body: VersionBody, caller: WriteCheckIns, session: LiveSession, keys: Keys, request: Request
) -> Response:
    """Edit one's own check-in; who may see it can change too, until it was opened. The version before is kept."""
    check_in = await own_for_update(session, caller, check_in_id)
    key = await find_key(keys, session, caller.person)
    if key is None:
        raise LookupError("a check-in whose owner has no data key")
    edited = await edit(session, key, check_in, body)
    if edited.created:
        await trail_of(request).record(
            session, caller, AuditAction.check_in_edited, object_id=check_in_id, subject_id=caller.person
        )
    return answer(edited)


@router.get("/{check_in_id}/versions", responses=READING)
async def read_versions(check_in_id: UUID, caller: WriteCheckIns, session: LiveSession, keys: Keys) -> Versions:
    """Every version of one's own check-in, oldest first."""
    versions = await find_versions(session, keys, caller, check_in_id)
    if versions is None:
        raise NotFound(refusal=Refusal(AuditAction.check_in_versions_read, check_in_id))
    return versions


@router.get("/{check_in_id}/readings", responses=READING)
async def read_readings(check_in_id: UUID, caller: WriteCheckIns, session: LiveSession) -> Readings:
    """Who opened one's own check-in, which version, and when first."""
    readings = await find_readings(session, caller, check_in_id)
    if readings is None:
        raise NotFound(refusal=Refusal(AuditAction.check_in_readings_read, check_in_id))
    return readings
