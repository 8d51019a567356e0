"""Today: the check-in form, empty, kept over a sign-in, or with what has to be looked at again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from afterglow_foundation.errors import FieldError
from starlette.requests import Request
from starlette.responses import HTMLResponse

from afterglow_web.client import fields
from afterglow_web.client.forms import CheckInForm
from afterglow_web.client.next_steps import NextSteps
from afterglow_web.pages import page
from afterglow_web.records import Vocabulary
from afterglow_web.session.authentication import session_of


async def show(
    request: Request,
    form: CheckInForm,
    offered: Vocabulary,
    *,
    status: int = 200,
    errors: Sequence[FieldError] = (),
    message: str | None = None,
    steps: NextSteps | None = None,
) -> HTMLResponse:
    """Render the form with everything that was typed; `errors` name fields, `message` is one calm sentence on top.

    What is next stands below where `steps` are given: beside a form that was refused there is nothing else to do.
    """
    session = await session_of(request)
    return page(
        request,
        "client/today/page.html",
        status,
        **fields.shown(form, offered, errors),
        today=datetime.now(ZoneInfo(session.time_zone)).date(),
        zone=session.time_zone,
        message=message,
        next=steps,
        now=datetime.now(UTC),
    )
