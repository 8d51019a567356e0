"""Today: the check-in form, empty, kept over a sign-in, or with what has to be looked at again."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from afterglow_foundation.errors import FieldError
from starlette.requests import Request
from starlette.responses import HTMLResponse

from afterglow_web.client.forms import CheckInForm
from afterglow_web.pages import page
from afterglow_web.session.authentication import session_of

NAMES = {
    "mood": ("Mood", "#slider-mood"),
    "energy": ("Energy", "#slider-energy"),
    "anxiety": ("Anxiety", "#slider-anxiety"),
    "note": ("Note", "#note"),
    "felt_at": ("When it was", "#felt_at"),
    "visibility": ("Who can see it", "#visibility"),
}
WORDS = {
    "nothing_said": "Touch at least one of the three sliders",
    "visibility": "Say who may see this check-in",
    "felt_at": "Choose a time in the last two days, or leave it empty for now",
    "note": "Make the note shorter: at most 4,000 characters fit",
}


def error_words(error: FieldError) -> str:
    """Say one error in plain words; the field's own where we have them."""
    known = WORDS.get(error.code) or WORDS.get(error.field)
    if known:
        return known
    name = NAMES.get(error.field, (error.field, ""))[0]
    return f"{name}: choose a value on the scale"


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
        summary=[{"href": NAMES.get(one.field, ("", "#check-in"))[1], "text": error_words(one)} for one in errors],
        field_errors={one.field: error_words(one) for one in errors},
        now=datetime.now(UTC),
    )
