"""Registering a program, under an id that the form brings along: sent twice, it is registered once."""

from http import HTTPStatus

from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import BadRequest, Unavailable
from afterglow_foundation.identifiers import new_id
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
from afterglow_web.programs.showing import posted, show
from afterglow_web.session import kept_forms
from afterglow_web.session.step_up import FreshlyProved

PATH = "/programs/new"
router = room()


@router.get(PATH, dependencies=[FreshlyProved])
async def new_program(request: Request, _: WritePrograms, kept: kept_forms.KeptId = None) -> Response:
    if kept and (values := await kept_forms.recall(request, kept)):
        return again(request, {**values, "kept": str(kept)}, Outcome(message=KEPT))
    return again(request, {"id": str(new_id()), "scope_openid": "yes"}, Outcome())


@router.post(PATH, dependencies=[Depends(kept_forms.keep_typed(PATH, words="name"))])
async def register(request: Request, _: WritePrograms, desk: DeskForPerson) -> Response:
    """Register, or show the form again with everything that was typed."""
    values = await posted(request)
    if (client_id := kept_forms.known_id(values.get("id"))) is None:
        raise BadRequest
    if outcome := await send(desk, str(client_id), values):
        fresh = {"id": str(new_id())} if outcome.status == HTTPStatus.CONFLICT else {}
        return again(request, values | fresh, outcome)
    if kept := kept_forms.known_id(values.get("kept")):
        await kept_forms.forget(request, kept)
    return told(f"/programs/{client_id}", Notice.program_registered)


async def send(desk: Desk, client_id: str, values: dict[str, str]) -> Outcome | None:
    """None once it is registered."""
    wanted = {**form.words(values), "kind": values.get("kind", "")}
    if values.get("kind") == "confidential":
        try:
            wanted["jwks"] = form.pasted_keys(values)
        except ValueError:
            return Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, {"jwks": form.WRONG["jwks"]})
    try:
        await desk.ask("PUT", f"oauth-clients/{client_id}", wanted)
    except UpstreamProblem as problem:
        return form.refused(problem)
    except Unavailable:
        return Outcome(HTTPStatus.SERVICE_UNAVAILABLE, message=form.NOT_REACHED)
    return None


def again(request: Request, values: dict[str, str], outcome: Outcome) -> Response:
    return show(request, values, outcome, action=PATH, what="new", back="/programs")
