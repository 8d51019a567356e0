"""Words of emergencies: reasons, what a review found, and why something was refused."""

from collections.abc import Callable

from afterglow_design.languages import LazyString, lazy

REASONS: dict[str, LazyString] = {
    "danger": lazy("Somebody may be in danger"),
    "medical": lazy("Somebody who treats them elsewhere has to know something now"),
    "unreachable": lazy("Whoever treats them here cannot be reached, and it cannot wait"),
    "other": lazy("Another emergency"),
}
OUTCOMES: dict[str, LazyString] = {
    "in_order": lazy("It was an emergency, and in order"),
    "to_follow_up": lazy("It has to be talked about"),
}
NOBODY = lazy("No client signs in with exactly this address. Nothing was opened, and nobody was told.")
REFUSED: dict[str, LazyString] = {
    "already_assigned": lazy("You treat this client: their record is open to you from your caseload."),
    "already_open": lazy("You opened this record already. You find it in your caseload until its hour is over."),
    "conflict": lazy("This page was used to open another record before. Send it once more for this one."),
    "too_many_requests": lazy("Several addresses were wrong. Wait some minutes, or call the practice."),
}
WRONG: dict[str, LazyString] = {
    "email": lazy("Type the whole e-mail address that they sign in with"),
    "reason": lazy("Choose what kind of emergency it is"),
    "words": lazy("Write why, in at most 1,000 characters"),
    "outcome": lazy("Choose what you found"),
    "remark": lazy("Write at most 1,000 characters"),
}
REVIEWED = lazy("Somebody has reviewed this meanwhile.")
NOT_YET = lazy(
    "The record is not open yet: a part of the portal does not answer. Send it once more; nothing is done twice."
)


def reason_of_emergency(reason: str) -> str:
    return str(REASONS.get(reason, REASONS["other"]))


def outcome_of_review(outcome: str) -> str:
    return str(OUTCOMES.get(outcome, outcome))


FILTERS: dict[str, Callable[..., object]] = {
    "reason_of_emergency": reason_of_emergency,
    "outcome_of_review": outcome_of_review,
}
