"""What a check-in must meet beyond its shape: it says something, about the last two days."""

from datetime import datetime, timedelta

from afterglow_foundation.errors import FieldError

from afterglow_portal.checkins.schemas import CheckInBody

CLOCK_SKEW = timedelta(minutes=2)  # phones run a little ahead
LONGEST_BACK = timedelta(hours=48)
BACK_DATED_AFTER = timedelta(minutes=15)  # longer than filling the form in takes

NOTHING_SAID = FieldError(field="mood", code="nothing_said", message="Set at least one of mood, energy and anxiety.")
NOT_YET = FieldError(field="felt_at", code="in_the_future", message="This time has not come yet.")
TOO_LONG_AGO = FieldError(field="felt_at", code="too_long_ago", message="A check-in can look back 48 hours at most.")
OPENED = "It was opened while it was shared, and stays shared"
ALREADY_OPENED = FieldError(field="visibility", code="already_opened", message=f"{OPENED}.")


def broken_rules(body: CheckInBody, entered_at: datetime) -> list[FieldError]:
    """What is wrong with `body` if it was entered then; empty when nothing is."""
    wrong = []
    if body.mood is None and body.energy is None and body.anxiety is None:
        wrong.append(NOTHING_SAID)
    if body.felt_at > entered_at + CLOCK_SKEW:
        wrong.append(NOT_YET)
    if body.felt_at < entered_at - LONGEST_BACK:
        wrong.append(TOO_LONG_AGO)
    return wrong


def is_back_dated(body: CheckInBody, entered_at: datetime) -> bool:
    return entered_at - body.felt_at > BACK_DATED_AFTER
