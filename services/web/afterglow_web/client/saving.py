"""Save a check-in from the form: what portal's answer means for the page."""

from dataclasses import dataclass, field
from http import HTTPStatus

from afterglow_design.languages import lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import FieldError, Unavailable
from afterglow_foundation.identifiers import new_id

from afterglow_web.client.forms import MEASURES, CheckInForm, wall_clock
from afterglow_web.portal import Portal
from afterglow_web.records import CheckIn

NOT_ABOUT_THE_FORM = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
NONE_GIVEN: dict[str, object] = {"items": {}, "words": [], "tags": []}
TOO_LONG = FieldError(field="note", code="string_too_long", message="is too long")
NOT_REACHED = lazy("This could not be saved just now. What you typed is still here: please try again in a moment.")
SAVED_BEFORE = lazy(
    "This check-in was saved before with other values, and that one stays. Save once more to keep this as a new one."
)


@dataclass(frozen=True)
class Result:
    """Saved, or the form to show again with a status, field errors or one sentence."""

    form: CheckInForm
    status: int = HTTPStatus.SEE_OTHER
    errors: list[FieldError] = field(default_factory=list)
    message: str | None = None

    @property
    def saved(self) -> bool:
        return self.status == HTTPStatus.SEE_OTHER


async def save(portal: Portal, form: CheckInForm, zone: str) -> Result:
    """Send the form to portal. Refusals that are not about the form (not signed in, forbidden) are raised on."""
    if errors := form.errors(zone):
        return Result(form, HTTPStatus.UNPROCESSABLE_ENTITY, errors)
    try:
        await put(portal, form, zone)
    except UpstreamProblem as problem:
        return refused(form, problem)
    except Unavailable:
        return not_reached(form)
    return Result(form)


async def put(portal: Portal, form: CheckInForm, zone: str) -> None:
    """Ask once, and once more where a conflict has to be explained: either can fail."""
    try:
        await portal.put_check_in(form.check_in_id, form.body(zone))
    except UpstreamProblem as problem:
        if problem.upstream_status != HTTPStatus.CONFLICT or not await is_replay(portal, form):
            raise


async def change(portal: Portal, form: CheckInForm, check_in: CheckIn) -> Result:
    """The same for a check-in that is there. The form's id is that of the change, so that it is safe to send twice."""
    zone = check_in.time_zone
    if errors := form.errors(zone):
        return Result(form, HTTPStatus.UNPROCESSABLE_ENTITY, errors)
    body = {**form.body(zone), "version_id": str(form.check_in_id)}
    if form.felt_at in {"", wall_clock(check_in)}:
        body["felt_at"] = check_in.felt_at.isoformat()  # to the second, where the form has minutes
    try:
        await portal.change_check_in(check_in.id, body)
    except UpstreamProblem as problem:
        return refused(form, problem)
    except Unavailable:
        return not_reached(form)
    return Result(form)


def refused(form: CheckInForm, problem: UpstreamProblem) -> Result:
    """What portal's refusal means for the form. One that is not about it (not signed in, not there) is raised on."""
    match problem.upstream_status:
        case HTTPStatus.UNPROCESSABLE_ENTITY:
            return Result(form, HTTPStatus.UNPROCESSABLE_ENTITY, problem.upstream.errors)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return Result(form, HTTPStatus.UNPROCESSABLE_ENTITY, [TOO_LONG])
        case HTTPStatus.CONFLICT:
            fresh = form.model_copy(update={"id": str(new_id())})
            return Result(fresh, HTTPStatus.CONFLICT, message=str(SAVED_BEFORE))
        case status if status in NOT_ABOUT_THE_FORM:
            raise problem
        case _:
            return not_reached(form)


def not_reached(form: CheckInForm) -> Result:
    return Result(form, HTTPStatus.SERVICE_UNAVAILABLE, message=str(NOT_REACHED))


async def is_replay(portal: Portal, form: CheckInForm) -> bool:
    """Whether the same form was sent twice: what the person gave is the same, only the time web filled in is not."""
    if form.felt_at:
        return False
    try:
        saved = await portal.check_in(form.check_in_id)
    except UpstreamProblem as problem:
        if problem.upstream_status == HTTPStatus.NOT_FOUND:
            return False  # it was deleted since
        raise
    sent = NONE_GIVEN | form.body(saved.time_zone)
    given = (*MEASURES, *NONE_GIVEN, "note", "visibility")
    return saved.edited_at is None and all(sent[name] == getattr(saved, name) for name in given)
