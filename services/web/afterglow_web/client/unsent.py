"""What a phone kept and portal refused, to be looked at again."""

from afterglow_foundation.errors import FieldError
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.client import today
from afterglow_web.client.forms import CheckInForm
from afterglow_web.client.saving import SAVED_BEFORE, TOO_LONG
from afterglow_web.records import Vocabulary

FIELD, CONFLICT, TOO_LARGE = "refused", "conflict", "too_large"
MOST = 20


def refusals(form: CheckInForm) -> list[FieldError]:
    """The pairs of field and code that the phone was answered, as `felt_at too_long_ago,note string_too_long`."""
    told = str((form.model_extra or {}).get(FIELD, "")).split(",")[:MOST]
    if told == [TOO_LARGE]:
        return [TOO_LONG]
    pairs = (one.split() for one in told)
    return [FieldError(field=pair[0], code=pair[1], message="") for pair in pairs if len(pair) == 2]  # noqa: PLR2004  # a pair


async def show(request: Request, form: CheckInForm, offered: Vocabulary) -> Response:
    """The form with everything that was typed, and why it was not taken."""
    conflict = (form.model_extra or {}).get(FIELD) == CONFLICT
    message = str(SAVED_BEFORE) if conflict else None
    return await today.show(request, form, offered, errors=refusals(form), message=message)
