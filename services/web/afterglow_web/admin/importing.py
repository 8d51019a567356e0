"""Inviting many clients from a file: uploaded, looked at, and then all of them or nobody."""

from typing import Annotated
from uuid import UUID

from afterglow_design.languages import _, lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.identifiers import new_id
from fastapi import Form, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.admin.accounts import AccountsForPerson
from afterglow_web.admin.import_words import fault_words
from afterglow_web.admin.records import ImportPreview, ImportState
from afterglow_web.admin.rooms import room
from afterglow_web.admin.wording import refusal_words
from afterglow_web.pages import is_fragment, page
from afterglow_web.permissions import WritePeople
from afterglow_web.session.authentication import session_of

LARGEST_FILE = 400_000
COLUMNS = (
    ("name", lazy("As other people here will see it.")),
    ("email", lazy("Where the invitation goes.")),
    ("time_zone", lazy("If you like: such as Europe/London. Otherwise yours.")),
    ("locale", lazy("If you like: en or es.")),
    ("therapist_email", lazy("If you like: the therapist who treats them from the beginning.")),
)
router = room()


def path_of(import_id: UUID) -> str:
    return f"/people/imports/{import_id}"


@router.get("/people/import")
async def choose_file(request: Request, _write: WritePeople) -> Response:
    return form(request)


@router.post("/people/import")
async def upload(
    request: Request,
    _write: WritePeople,
    accounts: AccountsForPerson,
    import_id: Annotated[UUID, Form(alias="id")],
    file: UploadFile | None = None,
) -> Response:
    """Have the file read and show what it says; nobody is made. The id makes that safe to send twice."""
    content = await file.read(LARGEST_FILE + 1) if file else b""
    if not content:
        return form(request, _("Choose a file first."))
    text = decoded(content)
    if len(content) > LARGEST_FILE or text is None:
        return form(request, _("This file is too large, or is no CSV file. Save the table as CSV and choose that."))
    session = await session_of(request)
    try:
        await accounts.read_file(import_id, text, time_zone=session.time_zone)
    except UpstreamProblem as problem:
        if problem.upstream.code != "conflict":
            raise
        return form(request, _("Another file was sent with this form before. Choose the file once more."))
    return RedirectResponse(path_of(import_id), status_code=303)


def form(request: Request, error: str | None = None) -> Response:
    return page(request, "admin/import/page.html", 422 if error else 200, id=new_id(), columns=COLUMNS, error=error)


def decoded(content: bytes) -> str | None:
    """The text, in the encodings in which spreadsheets save; None for what is none of them."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


@router.get("/people/imports/{import_id}")
async def look(request: Request, import_id: UUID, _write: WritePeople, accounts: AccountsForPerson) -> Response:
    """What the file says, how far it is, or how it ended; for htmx only how far it is."""
    if is_fragment(request):
        progress = await accounts.import_progress(import_id)
        if progress.state == ImportState.under_way:
            return page(request, "admin/import/_progress.html", found=progress)
        return Response(headers={"HX-Redirect": path_of(import_id)})
    return await show(request, await accounts.imported(import_id))


@router.post("/people/imports/{import_id}/execution")
async def carry_out(request: Request, import_id: UUID, _write: WritePeople, accounts: AccountsForPerson) -> Response:
    try:
        await accounts.carry_out_import(import_id)
    except UpstreamProblem as problem:
        return await show(request, await accounts.imported(import_id), refusal_words(problem))
    return RedirectResponse(path_of(import_id), status_code=303)


async def show(request: Request, found: ImportPreview, refusal: str | None = None) -> Response:
    return page(
        request,
        "admin/import/preview.html",
        409 if refusal else 200,
        found=found,
        faults=[(fault, fault_words(fault)) for fault in found.faults],
        refusal=refusal,
    )
