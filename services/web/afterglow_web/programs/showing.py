"""A program's form on its page."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.pages import page
from afterglow_web.programs import form
from afterglow_web.programs.form import Outcome


async def posted(request: Request) -> dict[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


def show(
    request: Request, values: Mapping[str, str], outcome: Outcome, *, action: str, what: str, back: str
) -> Response:
    """Render the form as it was typed; `what` is new, words or keys."""
    return page(
        request,
        "admin/programs/form.html",
        outcome.status,
        values=values,
        errors=outcome.errors,
        summary=[{"href": f"#{name}", "text": text} for name, text in outcome.errors.items()],
        message=outcome.message,
        action=action,
        what=what,
        back=back,
        kinds=form.KINDS,
        scopes=form.SCOPES,
    )
