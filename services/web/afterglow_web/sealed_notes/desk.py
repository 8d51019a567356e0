"""Whoever treats the client asks for sealed notes, and reads them once somebody else has approved."""

from http import HTTPStatus
from uuid import UUID

from afterglow_foundation.errors import FieldError, NotFound
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.course.desk import forget, id_of, shown
from afterglow_web.course.forms import Values, text, typed
from afterglow_web.course.meeting import kept_outcome
from afterglow_web.course.sending import Outcome, send
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import AskForSealedNotes
from afterglow_web.portal import Portal, PortalForPerson
from afterglow_web.sealed_notes.asking import SealedForPerson, SealedNotes
from afterglow_web.sealed_notes.wording import GROUNDS, WRONG
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

SEALED = "/clients/{client_id}/sealed-notes"
ASK = f"{SEALED}/{{author_id}}/opening"
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(ASK)
async def ask_why(  # noqa: PLR0917  # what the form needs
    request: Request,
    client_id: UUID,
    author_id: UUID,
    _: AskForSealedNotes,
    portal: PortalForPerson,
    sealed: SealedForPerson,
    kept: kept_forms.KeptId = None,
) -> Response:
    """The form with what was kept over a sign-in, or else nothing chosen."""
    values = await kept_forms.recall(request, kept) if kept else None
    outcome = kept_outcome(values, kept) if kept and values else Outcome(HTTPStatus.OK, {"id": str(new_id())})
    return await show_form(request, portal, sealed, client_id, author_id, outcome)


@router.post(ASK, dependencies=[Depends(kept_forms.keep_typed(ASK, words="words"))])
async def ask_for_opening(  # what the form needs
    request: Request,
    client_id: UUID,
    author_id: UUID,
    _: AskForSealedNotes,
    portal: PortalForPerson,
    sealed: SealedForPerson,
) -> Response:
    """Ask once, or show the form again with what was typed."""
    values = await typed(request)
    opening = id_of(values, "id")
    body = {"author_id": str(author_id), "ground": values.get("ground", ""), "words": text(values, "words")}
    outcome = await send(lambda: sealed.request(client_id, opening, body), values, errors_of)
    if outcome is None:
        await forget(request, values)
        return RedirectResponse(f"/clients/{client_id}/process-notes?done=asked", status_code=303)
    await count_unread(request)
    return await show_form(request, portal, sealed, client_id, author_id, outcome)


def errors_of(found: list[FieldError], _values: Values) -> dict[str, str]:
    return {one.field: str(WRONG[one.field]) for one in found if one.field in WRONG} or {"words": str(WRONG["words"])}


async def show_form(  # noqa: PLR0917  # what the form needs
    request: Request, portal: Portal, sealed: SealedNotes, client_id: UUID, author_id: UUID, outcome: Outcome
) -> Response:
    record = await portal.client(client_id)
    author = next((one.author for one in await sealed.books(client_id) if one.author.id == author_id), None)
    if author is None:
        raise NotFound
    return page(
        request,
        "sealed_notes/ask.html",
        outcome.status,
        **shown(outcome),
        client_id=client_id,
        client_name=record.name,
        author=author,
        grounds=[{"value": ground, "label": label} for ground, label in GROUNDS.items()],
    )


@router.get(f"{SEALED}/{{opening_id}}")
async def read_opened(  # what the page needs
    request: Request,
    client_id: UUID,
    opening_id: UUID,
    _: AskForSealedNotes,
    portal: PortalForPerson,
    sealed: SealedForPerson,
) -> Response:
    """What is open now; portal keeps every look."""
    record = await portal.client(client_id)
    notes = await sealed.notes(client_id, opening_id)
    books = await sealed.books(client_id)
    book = next((one for one in books if one.opening and one.opening.id == opening_id), None)
    own = await session_of(request)
    return page(
        request,
        "sealed_notes/notes.html",
        client_id=client_id,
        client_name=record.name,
        book=book,
        notes=notes,
        zone=own.time_zone,
    )
