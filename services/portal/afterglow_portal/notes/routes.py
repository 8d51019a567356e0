"""Summaries of sessions over HTTP: whoever treats the client writes them, the client reads what is not withheld."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Role
from fastapi import Query
from pydantic import UUID7
from starlette.requests import Request
from starlette.responses import Response

from afterglow_portal.api import room
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.desk import AGAIN, READING, WRITING, AtDesk, Client, ReadCourse, WriteCourse
from afterglow_portal.notes import service
from afterglow_portal.notes.schemas import (
    Summaries,
    SummaryBody,
    SummaryEdit,
    SummaryListed,
    SummaryOut,
    SummaryVersions,
)
from afterglow_portal.people.policy import LiveSession, whose_record
from afterglow_portal.sealing import Keys

router = room("/summaries", "summaries of sessions")
Whose = Annotated[UUID | None, Query(description="whose, for a therapist")]


@router.get("", responses=READING)
async def list_summaries(caller: ReadCourse, session: LiveSession, client: Whose = None) -> Summaries:
    """Of which sessions there is one; not a word of any."""
    owner = await whose_record(session, caller, client, AuditAction.course_read)
    found = await service.find_summaries(session, owner)
    return Summaries(items=[SummaryListed.model_validate(one, from_attributes=True) for one in found])


@router.get("/{summary_id}", responses=READING)
async def read_summary(
    *, summary_id: UUID, caller: ReadCourse, session: LiveSession, keys: Keys, request: Request, client: Whose = None
) -> SummaryOut:
    """One's own, or that of a client in care, which is noted."""
    owner = await whose_record(session, caller, client, AuditAction.course_read)
    found = await service.read(session, keys, owner, summary_id)
    if caller.role == Role.therapist:
        trail = trail_of(request)
        await trail.record(session, caller, AuditAction.course_read, object_id=summary_id, subject_id=owner)
    return found


@router.get("/{summary_id}/versions", responses=READING)
async def read_summary_versions(
    *, summary_id: UUID, caller: WriteCourse, session: LiveSession, keys: Keys, request: Request, client: Client
) -> SummaryVersions:
    """What it said before and says now, for whoever writes summaries: a version may be older than opening it was."""
    owner = await whose_record(session, caller, client, AuditAction.course_read, summary_id)
    found = await service.find_versions(session, keys, owner, summary_id)
    trail = trail_of(request)
    await trail.record(session, caller, AuditAction.course_read, object_id=summary_id, subject_id=owner)
    return found


@router.put("/{summary_id}", status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def write_summary(summary_id: UUID7, body: SummaryBody, desk: AtDesk) -> Response:
    """Sum up a session that took place or goes on, under an id its writer made: 201 once, 200 when it is sent again."""
    writer = await desk.writer(AuditAction.summary_written, summary_id)
    done = await service.write(writer, summary_id, body)
    return await desk.answer(AuditAction.summary_written, summary_id, done=done)


@router.post("/{summary_id}/versions", status_code=201, response_class=Response, responses={**WRITING, **AGAIN})
async def edit_summary(summary_id: UUID, body: SummaryEdit, desk: AtDesk) -> Response:
    """Change it, withhold it with a reason or open it; the version before is kept."""
    writer = await desk.writer(AuditAction.summary_edited, summary_id)
    done = await service.edit(writer, summary_id, body)
    return await desk.answer(AuditAction.summary_edited, summary_id, done=done)
