"""Today: the check-in form, empty, kept over a sign-in, or with what has to be looked at again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from afterglow_design.languages import lazy
from afterglow_foundation.errors import FieldError
from starlette.requests import Request
from starlette.responses import HTMLResponse

from afterglow_web.client.forms import MEASURES, CheckInForm
from afterglow_web.pages import page
from afterglow_web.session.authentication import session_of

PLACES = {name: f"#slider-{name}" for name in MEASURES} | {
    name: f"#{name}" for name in ("note", "felt_at", "visibility")
}
WORDS = {
    "nothing_said": lazy("Touch at least one of the three sliders"),
    "mood": lazy("Mood: choose a value on the scale"),
    "energy": lazy("Energy: choose a value on the scale"),
    "anxiety": lazy("Anxiety: choose a value on the scale"),
    "visibility": lazy("Say who may see this check-in"),
    "felt_at": lazy("Choose a time in the last two days, or leave it empty for now"),
    "note": lazy("Make the note shorter: at most 4,000 characters fit"),
}
UNUSABLE = lazy("Something in this form cannot be used")


def error_words(error: FieldError) -> str:
    """Say one error in plain words."""
    return str(WORDS.get(error.code) or WORDS.get(error.field) or UNUSABLE)


async def show(
    request: Request,
    form: CheckInForm,
    *,
    status: int = 200,
    errors: Sequence[FieldError] = (),
    message: str | None = None,
) -> HTMLResponse:
    """Render the form with everything that was typed; `errors` name fields, `message` is one calm sentence on top."""
    session = await session_of(request)
    return page(
        request,
        "client/today/page.html",
        status,
        form=form,
        values=form.values(),
        today=datetime.now(ZoneInfo(session.time_zone)).date(),
        zone=session.time_zone,
        message=message,
        summary=[{"href": PLACES.get(one.field, "#check-in"), "text": error_words(one)} for one in errors],
        field_errors={one.field: error_words(one) for one in errors},
        now=datetime.now(UTC),
    )
