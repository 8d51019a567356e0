"""What client, assigned therapists and admins are told: that there is something to look at, never what."""

from afterglow_design.languages import lazy

from afterglow_auth.break_glass.models import BreakGlassReview
from afterglow_auth.mail.letters import Context, Letter, Writing


async def write_opening(writing: Writing) -> Context | None:
    if writing.person is None or writing.person.disabled_at:
        return None
    return {"staff": writing.person.is_staff}


async def write_waiting(writing: Writing) -> Context | None:
    """Nothing once somebody has reviewed it."""
    if writing.person is None or writing.person.disabled_at:
        return None
    return None if await writing.session.get(BreakGlassReview, writing.about) else {}


RECORD_OPENED = Letter("record_opened", lazy("Please look at your account"), write_opening)
REVIEW_WAITS = Letter("review_waits", lazy("Something waits to be reviewed"), write_waiting)
