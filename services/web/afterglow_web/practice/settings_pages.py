"""The practice's settings: a page for each few of them, kept over a sign-in, compared after somebody else's change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated

from afterglow_design.languages import LazyString, _, lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import NotFound, Unavailable
from fastapi import Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.rooms import room, told
from afterglow_web.admin.wording import Notice
from afterglow_web.pages import page
from afterglow_web.permissions import WritePractice
from afterglow_web.practice.desk import Desk, DeskForPerson, SavedPractice
from afterglow_web.practice.fields import Field
from afterglow_web.practice.sections import SECTIONS, Section, Values, field_of
from afterglow_web.session import kept_forms
from afterglow_web.session.step_up import FreshlyProved

KEPT = lazy("What you typed is still here; nothing is saved yet.")
NOT_REACHED = lazy(
    "Nothing was saved: this could not be sent just now. What you typed is still here: please try again."
)
CHANGED = lazy(
    "Somebody else has saved these settings since you opened this page. What you typed is still here. "
    "Where it is different, you see below what stands there now."
)
TOO_LONG = lazy("Everything together is longer than we keep. Shorten something.")
OTHERWISE = lazy("This cannot be used. Look at it once more")
router = room()


@dataclass(frozen=True)
class Outcome:
    """What to show again: with which errors by field, one sentence, and what others have saved meanwhile."""

    status: int
    errors: dict[str, LazyString | str] = field(default_factory=dict)
    message: LazyString | None = None
    compared: bool = False


async def known_section(section: Annotated[str, Path()]) -> Section:
    if (found := SECTIONS.get(section)) is None:
        raise NotFound
    return found


KnownSection = Annotated[Section, Depends(known_section)]


@router.get("/practice/settings/{section}", dependencies=[FreshlyProved])
async def edit(
    request: Request, _write: WritePractice, section: KnownSection, desk: DeskForPerson, kept: kept_forms.KeptId = None
) -> Response:
    saved = await desk.practice()
    if kept and (values := await kept_forms.recall(request, kept)):
        return show(request, section, saved, {**values, "kept": str(kept)}, Outcome(HTTPStatus.OK, message=KEPT))
    return show(request, section, saved, section.filled(saved) | {"version": str(saved.version)})


@router.post(
    "/practice/settings/{section}",
    dependencies=[Depends(kept_forms.keep_typed("/practice/settings/{section}", words="name"))],
)
async def save(request: Request, _write: WritePractice, section: KnownSection, desk: DeskForPerson) -> Response:
    """Save, or show the form again with everything that was typed."""
    values = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    saved = await desk.practice()
    outcome = await send(desk, section, saved, values)
    if outcome is None:
        if kept := kept_forms.known_id(values.get("kept")):
            await kept_forms.forget(request, kept)
        return told("/practice", Notice.practice_saved)
    if outcome.compared:
        values["version"] = str(saved.version)
    return show(request, section, saved, values, outcome)


async def send(desk: Desk, section: Section, saved: SavedPractice, values: Values) -> Outcome | None:
    """None once it is saved. Refusals that are not about the form (not signed in, forbidden) are raised on."""
    version = values.get("version", "")
    change = {"version": int(version) if version.isdecimal() else 0, **section.change(saved, values)}
    try:
        await desk.save(change)
    except UpstreamProblem as problem:
        return refused(problem, section, saved, values)
    except Unavailable:
        return Outcome(HTTPStatus.SERVICE_UNAVAILABLE, message=NOT_REACHED)
    return None


def refused(problem: UpstreamProblem, section: Section, saved: SavedPractice, values: Values) -> Outcome:
    match problem.upstream_status:
        case HTTPStatus.UNPROCESSABLE_ENTITY:
            return faulty(problem, section, saved, values)
        case HTTPStatus.CONFLICT:
            return Outcome(HTTPStatus.CONFLICT, message=CHANGED, compared=True)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            raise problem
        case _:
            return Outcome(HTTPStatus.SERVICE_UNAVAILABLE, message=NOT_REACHED)


def faulty(problem: UpstreamProblem, section: Section, saved: SavedPractice, values: Values) -> Outcome:
    known = {one.name: one for one in section.shown(saved, values)}
    named = [field_of(error, saved, values) for error in problem.upstream.errors]
    errors = {name: known[name].wrong or OTHERWISE for name in named if name in known}
    return Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, errors, None if errors else TOO_LONG)


def show(
    request: Request, section: Section, saved: SavedPractice, values: Values, outcome: Outcome | None = None
) -> Response:
    """Render the form as it was typed."""
    outcome = outcome or Outcome(HTTPStatus.OK)
    shown = section.shown(saved, values)
    return page(
        request,
        "admin/practice/form.html",
        outcome.status,
        section=section,
        fields=shown,
        values=values,
        errors=outcome.errors,
        summary=[{"href": f"#{name}", "text": text} for name, text in outcome.errors.items()],
        message=outcome.message,
        theirs=others(shown, section.filled(saved), values) if outcome.compared else [],
    )


def others(shown: Sequence[Field], now: Mapping[str, str], values: Values) -> list[tuple[LazyString | str, str]]:
    """What stands there now, field by field, where it is not what was typed."""
    found = []
    for one in shown:
        mine, theirs = values.get(one.name, "").replace("\r\n", "\n").strip(), now.get(one.name, "").strip()
        if mine != theirs:
            written = _("yes") if theirs and one.kind == "check" else str(one.options.get(theirs, theirs))
            found.append((one.label, written or _("nothing")))
    return found
