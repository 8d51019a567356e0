"""The long-term questions at the therapist's desk: one form, each time anew."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from afterglow_design.languages import lazy
from afterglow_foundation.errors import FieldError
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.course.desk import COURSE, forget, id_of, name_of, shown
from afterglow_web.course.forms import Values, text, typed, whole
from afterglow_web.course.meeting import kept_outcome
from afterglow_web.course.sending import LONG, UNUSABLE, Outcome, send
from afterglow_web.long_term.asking import WatchedForPerson
from afterglow_web.long_term.records import Asked
from afterglow_web.long_term.wording import FINDINGS, QUESTIONS
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import WriteCourse
from afterglow_web.portal import Portal, PortalForPerson
from afterglow_web.session import kept_forms
from afterglow_web.session.csrf import refuse_cross_site

ASKED = f"{COURSE}/long-term"
PRESSURE = ("systolic", "diastolic")
WRONG = {
    "asked_on": lazy("Choose the day on which it was asked: today at the latest"),
    **dict.fromkeys(PRESSURE, lazy("Write both blood pressures in whole numbers, the upper above the lower")),
    "words": LONG,
    "body": lazy("Answer at least one of them; of blood pressure write both numbers, the upper above the lower"),
}
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(ASKED)
async def ask(
    *, request: Request, client_id: UUID, _: WriteCourse, portal: PortalForPerson, kept: kept_forms.KeptId = None
) -> Response:
    """The form with what was kept over a sign-in, or nothing yet: no answer is taken over from the last time."""
    record = await portal.client(client_id)
    if kept and (values := await kept_forms.recall(request, kept)):
        return await show(request, portal, client_id, kept_outcome(values, kept))
    today = datetime.now(UTC).astimezone(ZoneInfo(record.time_zone)).date()
    values = {"id": str(new_id()), "asked_on": today.isoformat()}
    return await show(request, portal, client_id, Outcome(HTTPStatus.OK, values))


@router.post(ASKED, dependencies=[Depends(kept_forms.keep_typed(ASKED, words="words"))])
async def save(
    request: Request, client_id: UUID, _: WriteCourse, portal: PortalForPerson, watched: WatchedForPerson
) -> Response:
    """Save it, or show the form again with everything that was typed."""
    values = await typed(request)
    check_id, body = id_of(values, "id"), body_of(values)
    outcome = await send(lambda: watched.record(client_id, check_id, body), values, errors_of)
    if outcome is None:
        await forget(request, values)
        return RedirectResponse(f"/clients/{client_id}/course?saved=long-term", HTTPStatus.SEE_OTHER)
    await count_unread(request)
    return await show(request, portal, client_id, outcome)


def body_of(values: Values) -> dict[str, Any]:
    return {
        "asked_on": values.get("asked_on", "").strip(),
        **{str(one): values.get(one) or None for one in Asked},
        **{name: whole(values, name) for name in PRESSURE},
        "words": text(values, "words"),
    }


def errors_of(found: list[FieldError], _values: Values) -> dict[str, str]:
    """What is said of the whole stands at the first question."""
    return {
        str(Asked.bladder) if one.field == "body" else one.field: str(WRONG.get(one.field, UNUSABLE)) for one in found
    }


async def show(request: Request, portal: Portal, client_id: UUID, outcome: Outcome) -> Response:
    return page(
        request,
        "long_term/form.html",
        outcome.status,
        **shown(outcome),
        client_id=client_id,
        client_name=await name_of(portal, client_id),
        questions=QUESTIONS,
        findings=[{"value": finding, "label": label} for finding, label in FINDINGS.items()],
    )
