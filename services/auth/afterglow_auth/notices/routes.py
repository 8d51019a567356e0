"""Services hand notices over (the gateway does not route that), and people choose their quiet hours."""

from typing import Annotated

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    Unavailable,
    responses,
)
from afterglow_foundation.notices.contract import NOTICES_PATH, NoticeAnswer, NoticeBody
from afterglow_foundation.permissions import authenticated, require
from fastapi import APIRouter, Depends
from pydantic import UUID7
from starlette.responses import Response

from afterglow_auth.accounts.policy import own_account
from afterglow_auth.api import BODY, json_response, room
from afterglow_auth.audit import Verb, record
from afterglow_auth.notices.schemas import QuietHoursBody, QuietHoursOut
from afterglow_auth.notices.service import answer_about, take
from afterglow_auth.permissions import Permission

HandOver = Annotated[Caller, require(Permission.notices_write)]
ReadAccount = Annotated[Caller, require(Permission.account_read)]
WriteAccount = Annotated[Caller, require(Permission.account_write)]
LARGEST_BODY = 4 * 1024

handing_over = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput, Unavailable),
    max_body_size=LARGEST_BODY,
)
quiet_hours = room("/quiet-hours", "quiet hours")


@handing_over.put(f"{NOTICES_PATH}/{{notice_id}}", response_model=NoticeAnswer, responses=responses(NotFound, Conflict))
async def put_notice(notice_id: UUID7, body: NoticeBody, caller: HandOver, session: UnitOfWork) -> Response:
    """Hand over a notice under an id of the service's own: 201 once, then 200 with what became of it."""
    notice, created = await take(session, caller, notice_id, body)
    return json_response(answer_about(notice), 201 if created else 200)


@quiet_hours.get("")
async def read_quiet_hours(caller: ReadAccount, session: UnitOfWork) -> QuietHoursOut:
    """When nothing that can wait is sent to whoever asks."""
    return QuietHoursOut.of((await session.scalars(own_account(caller))).one())


@quiet_hours.put("", responses=BODY)
async def choose_quiet_hours(body: QuietHoursBody, caller: WriteAccount, session: UnitOfWork) -> QuietHoursOut:
    """Choose them, or none; again, it changes nothing. Letters about the account's safety come at any hour."""
    person = (await session.scalars(own_account(caller).with_for_update())).one()
    if (person.quiet_from, person.quiet_until) != body.times():
        person.quiet_from, person.quiet_until = body.times()
        await record(session, Verb.quiet_hours_chosen, caller, object_id=person.id, subject_id=person.id)
    return QuietHoursOut.of(person)
