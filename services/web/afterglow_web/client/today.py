"""Today: the check-in form, empty, kept over a sign-in, or to be looked at again; or that it is enough."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from afterglow_foundation.errors import FieldError, Problem
from starlette.requests import Request
from starlette.responses import HTMLResponse

from afterglow_web.client import fields
from afterglow_web.client.forms import CheckInForm
from afterglow_web.client.next_steps import NextSteps
from afterglow_web.pages import page
from afterglow_web.portal import Portal
from afterglow_web.records import Vocabulary
from afterglow_web.session.authentication import session_of


async def is_enough(request: Request, portal: Portal, a_day: int | None) -> bool:
    """Whether the client made as many check-ins today, by their own calendar, as they want to make in a day.

    No, where portal does not say: the form is what they came for.
    """
    if a_day is None:
        return False
    zone = ZoneInfo((await session_of(request)).time_zone)
    midnight = datetime.combine(datetime.now(zone).date(), time(), zone)
    with suppress(Problem):
        return len((await portal.check_ins(since=midnight.astimezone(UTC), limit=a_day)).items) >= a_day
    return False


async def show_enough(request: Request, a_day: int | None, steps: NextSteps) -> HTMLResponse:
    """No form, and no reproach: the way to one more stands open."""
    zone = (await session_of(request)).time_zone
    today = datetime.now(ZoneInfo(zone)).date()
    return page(request, "client/today/enough.html", today=today, zone=zone, a_day=a_day, next=steps)


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
