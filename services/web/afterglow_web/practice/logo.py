"""The practice's logo: choosing a picture, and showing the name alone again."""

from http import HTTPStatus

from afterglow_design.languages import LazyString, lazy
from afterglow_foundation.client import UpstreamProblem
from fastapi import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.rooms import room, told
from afterglow_web.admin.wording import Notice
from afterglow_web.pages import page
from afterglow_web.permissions import WritePractice
from afterglow_web.practice.desk import Desk, DeskForPerson
from afterglow_web.session.step_up import FreshlyProved

LARGEST = 1_000_000
KINDS = {"image/png", "image/jpeg", "image/webp"}
NOTHING = lazy("Choose a picture first.")
TOO_LARGE = lazy("This picture is too large. Choose one of at most 1 MB and 16 million points.")
NO_PICTURE = lazy("This is no picture that we can open. Choose a PNG, JPEG or WebP file.")
router = room()


@router.get("/practice/logo", dependencies=[FreshlyProved])
async def logo(request: Request, _: WritePractice, desk: DeskForPerson) -> Response:
    return await show(request, desk)


@router.post("/practice/logo", dependencies=[FreshlyProved])
async def change_logo(
    request: Request, _: WritePractice, desk: DeskForPerson, file: UploadFile | None = None
) -> Response:
    """Take the picture over, or say what is wrong with it."""
    content = await file.read(LARGEST + 1) if file else b""
    kind = file.content_type if file else None
    if error := fault(content, kind):
        return await show(request, desk, error)
    try:
        await desk.show_logo(content, str(kind))
    except UpstreamProblem as problem:
        if problem.upstream_status not in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}:
            raise
        large = {error.code for error in problem.upstream.errors} <= {"too_large"}
        return await show(request, desk, TOO_LARGE if large else NO_PICTURE)
    return told("/practice", Notice.practice_saved)


@router.post("/practice/logo/removal", dependencies=[FreshlyProved])
async def take_logo_away(_: WritePractice, desk: DeskForPerson) -> Response:
    await desk.take_logo_away()
    return told("/practice", Notice.practice_saved)


def fault(content: bytes, kind: str | None) -> LazyString | None:
    if not content:
        return NOTHING
    if len(content) > LARGEST:
        return TOO_LARGE
    return None if kind in KINDS else NO_PICTURE


async def show(request: Request, desk: Desk, error: LazyString | None = None) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return page(request, "admin/practice/logo.html", status, saved=await desk.practice(), error=error)
