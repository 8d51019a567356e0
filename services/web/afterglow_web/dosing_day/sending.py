"""What portal's refusal means for a form of the dosing day, by its fields."""

from afterglow_design.languages import LazyString, lazy
from afterglow_foundation.errors import FieldError

from afterglow_web.course.forms import Values
from afterglow_web.course.sending import LONG, UNUSABLE

WRONG: dict[str, LazyString] = {
    "measured_at": lazy("Choose when it was measured: not a time to come"),
    "moment": lazy("Choose which reading it is"),
    "systolic": lazy("Write both numbers of a blood pressure, the upper one above the lower, from 20 to 300"),
    "diastolic": lazy("Write both numbers of a blood pressure, the upper one above the lower, from 20 to 300"),
    "pulse": lazy("Write the pulse in beats a minute, from 20 to 300, or leave it empty"),
    "oxygen": lazy("Write the oxygen saturation in per cent, from 50 to 100, or leave it empty"),
    "kind": lazy("Choose what it was"),
    "began_at": lazy("Choose when it began: not a time to come"),
    "ended_at": lazy("Choose when it ended, after it began and not to come, or leave it empty"),
    "words": LONG,
    "outcome": LONG,
}
NOTHING = lazy("Write at least one reading, and both numbers of a blood pressure, the upper one above the lower")
OTHER_STEPS = lazy("This was written when fewer steps were open. Write why it goes on without all that are open now")
PLACES = {"what": "words", "reason": "words"}


def errors_of(found: list[FieldError], values: Values) -> dict[str, str]:
    """What portal says of the whole is said where it can be put right: at the readings, or at the end."""
    errors = {}
    for one in found:
        name = one.field.partition(".")[0]
        if name == "body":
            errors["systolic" if "systolic" in values else "ended_at"] = str(
                NOTHING if "systolic" in values else WRONG["ended_at"]
            )
        else:
            place = PLACES.get(name, name)
            errors[place] = str(OTHER_STEPS if one.code == "of_other_steps" else WRONG.get(place, UNUSABLE))
    return errors
