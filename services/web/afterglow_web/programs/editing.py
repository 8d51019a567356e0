"""Changing a program, and giving it other keys."""

from collections.abc import Mapping
from http import HTTPStatus

from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Unavailable
from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.rooms import room, told
from afterglow_web.admin.wording import Notice
from afterglow_web.permissions import WritePrograms
from afterglow_web.practice.desk import Desk, DeskForPerson
from afterglow_web.practice.settings_pages import KEPT
from afterglow_web.programs import form
from afterglow_web.programs.form import Outcome
from afterglow_web.programs.records import find_program
from afterglow_web.programs.showing import posted, show
from afterglow_web.session import kept_forms
from afterglow_web.session.step_up import FreshlyProved

WORDS, KEYS = "/programs/{program_id}/change", "/programs/{program_id}/keys"
router = room()


@router.get(WORDS, dependencies=[FreshlyProved])
async def edit_words(
    request: Request, program_id: str, _: WritePrograms, desk: DeskForPerson, kept: kept_forms.KeptId = None
) -> Response:
    return await open_form(request, desk, program_id, kept)


@router.post(WORDS, dependencies=[Depends(kept_forms.keep_typed(WORDS, words="name"))])
async def change_words(request: Request, program_id: str, _: WritePrograms, desk: DeskForPerson) -> Response:
    values = await posted(request)
    outcome = await send(desk, "POST", f"oauth-clients/{program_id}/versions", form.words(values), values)
    return await answer(request, desk, program_id, values, outcome)


@router.get(KEYS, dependencies=[FreshlyProved])
async def edit_keys(
    request: Request, program_id: str, _: WritePrograms, desk: DeskForPerson, kept: kept_forms.KeptId = None
) -> Response:
    return await open_form(request, desk, program_id, kept)


@router.post(KEYS, dependencies=[Depends(kept_forms.keep_typed(KEYS, words="jwks"))])
async def change_keys(request: Request, program_id: str, _: WritePrograms, desk: DeskForPerson) -> Response:
    values = await posted(request)
    try:
        wanted = {"jwks": form.pasted_keys(values)}
    except ValueError:
        wrong = Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, {"jwks": form.WRONG["jwks"]})
        return await answer(request, desk, program_id, values, wrong)
    outcome = await send(desk, "PUT", f"oauth-clients/{program_id}/keys", wanted, values)
    return await answer(request, desk, program_id, values, outcome)


async def open_form(request: Request, desk: Desk, program_id: str, kept: kept_forms.KeptId) -> Response:
    if kept and (values := await kept_forms.recall(request, kept)):
        return again(request, program_id, {**values, "kept": str(kept)}, Outcome(message=KEPT))
    return again(request, program_id, form.filled(await find_program(desk, program_id)), Outcome())


async def send(
    desk: Desk, method: str, path: str, wanted: Mapping[str, object], values: Mapping[str, str]
) -> Outcome | None:
    """None once it is saved."""
    try:
        await desk.ask(method, path, {"version": form.version_of(values), **wanted})
    except UpstreamProblem as problem:
        return form.refused(problem)
    except Unavailable:
        return Outcome(HTTPStatus.SERVICE_UNAVAILABLE, message=form.NOT_REACHED)
    return None


async def answer(
    request: Request, desk: Desk, program_id: str, values: dict[str, str], outcome: Outcome | None
) -> Response:
    """Back to the program, or the form again; after somebody else's change it is made from what holds now."""
    if outcome is None:
        if kept := kept_forms.known_id(values.get("kept")):
            await kept_forms.forget(request, kept)
        return told(f"/programs/{program_id}", Notice.program_changed)
    if outcome.status == HTTPStatus.CONFLICT:
        values["version"] = str((await find_program(desk, program_id)).version)
    return again(request, program_id, values, outcome)


def again(request: Request, program_id: str, values: Mapping[str, str], outcome: Outcome) -> Response:
    what = "keys" if request.url.path.endswith("/keys") else "words"
    back = f"/programs/{program_id}"
    return show(request, values, outcome, action=request.url.path, what=what, back=back)
