"""The page that says what leaves, and the file. Both want a sign-in of just now: what has left is not taken back."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.client import UpstreamProblem
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.conversation_exports.asking import ExportsForPerson
from afterglow_web.conversation_exports.printing import TooLongToPrintError, printed
from afterglow_web.conversation_exports.records import Export
from afterglow_web.messages.messaging import Messaging, MessagingForPerson
from afterglow_web.messages.unread import count_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadMessages
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.session.step_up import FreshlyProved
from afterglow_web.wording import local_day

PATH = "/conversations/{conversation_id}/export"
NO_PAPER = lazy(
    "This conversation is too long for a PDF: 2,000 messages fit, or some 300 pages. The other file holds all of it."
)
REFUSED = {
    "conversation_too_long": lazy("This conversation is too long for one file. Please ask the practice for it."),
    "export_unavailable": lazy("This cannot be downloaded just now. Please ask the practice."),
}
router = APIRouter(dependencies=[Depends(refuse_cross_site), FreshlyProved])


@router.get(PATH)
async def ask_export(
    request: Request, conversation_id: UUID, _: ReadMessages, messaging: MessagingForPerson
) -> Response:
    """Say what the file will hold, and that nothing protects it any more."""
    return await show(request, messaging, conversation_id)


@router.post(PATH)
async def export(
    *,
    request: Request,
    conversation_id: UUID,
    _: ReadMessages,
    messaging: MessagingForPerson,
    exports: ExportsForPerson,
    kind: Annotated[Literal["pdf", "json"], Form()] = "pdf",
) -> Response:
    """The file, or the page again with why there is none."""
    try:
        content = await exports.conversation(conversation_id)
    except UpstreamProblem as problem:
        if problem.upstream.code not in REFUSED:
            raise
        said = str(REFUSED[problem.upstream.code])
        return await show(request, messaging, conversation_id, problem.upstream_status, refused=said)
    zone = (await session_of(request)).time_zone
    if kind == "json":
        return as_file(content, "json", "application/json", zone)
    try:
        pdf = await printed(Export.model_validate_json(content), zone)
    except TooLongToPrintError:
        return await show(request, messaging, conversation_id, HTTPStatus.CONFLICT, refused=str(NO_PAPER))
    return as_file(pdf, "pdf", "application/pdf", zone)


def as_file(content: bytes, ending: str, kind: str, zone: str) -> Response:
    """Its name says nothing of who or what is in it: others see the list of downloads too."""
    name = f"messages-{local_day(datetime.now(UTC), zone).isoformat()}.{ending}"
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{name}"',
        "x-content-type-options": "nosniff",
    }
    return Response(content, media_type=kind, headers=headers)


async def show(
    request: Request,
    messaging: Messaging,
    conversation_id: UUID,
    status: int = HTTPStatus.OK,
    *,
    refused: str | None = None,
) -> Response:
    found = await messaging.conversation(conversation_id)
    await count_unread(request)
    session = await session_of(request)
    other = found.other(session.person_id)
    return page(request, "messages/export/page.html", status, conversation=found, other=other, refused=refused)
