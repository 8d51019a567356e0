"""What portal's answer to a form of the course means for the page: saved, or the form again and what is wrong."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from afterglow_design.languages import LazyString, lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import FieldError, Unavailable
from afterglow_foundation.identifiers import new_id

from afterglow_web.course.forms import ASKED, FOUND, ITEM, OUTCOME, TREATMENT, Values, used_rows
from afterglow_web.typed import Broken

NOT_REACHED = lazy("Nothing was saved: this could not be sent just now. What you typed is still here.")
UNUSABLE = lazy("This cannot be used. Look at it once more")
UNREADABLE = lazy("There is a character in it that cannot be kept: write it without")
LINES = lazy("Write one in a line: at most 30 lines, of at most 200 characters each")
LONG = lazy("Write at most 4,000 characters")
WRONG: dict[str, LazyString] = {
    "problem": LONG,
    "goals": LINES,
    "conditions": LINES,
    "medicines": LINES,
    "allergies": LINES,
    "others": LINES,
    "watch_energy": lazy("Switch on “Hours slept” too: without it there is nothing to watch"),
    "planned_doses": lazy("Write a whole number from 1 to 100, or leave it empty"),
    "spacing_days": lazy("Write a whole number of days from 1 to 366, or leave it empty"),
    "started_on": lazy("Choose the day on which it began"),
    "ended_on": lazy("Choose a day that is not before the beginning, or leave it empty"),
    "kind": lazy("Choose what kind of session it is"),
    "planned_at": lazy("Choose a day, and an hour that there is on it"),
    "thread": lazy("Choose an entry that the client shares, or none"),
    "given_at": lazy("Choose when it was given: not a time to come"),
    "route": lazy("Choose how it was given"),
    "medicine": lazy("Name the medicine, in at most 200 characters"),
    "dose_mg": lazy("Write how many milligrams, above 0 and up to 2,000"),
    "weight_kg": lazy("Write the weight in kilograms, from 20 to 400, or leave it empty"),
    "setting": LONG,
    "reason": LONG,
    "title": lazy("Write what to do, in at most 200 characters"),
    "how": LONG,
    "minutes": lazy("Write how many minutes it takes: 20 at most"),
    "days": lazy("Write on how many days: 14 at most"),
    "times_a_day": lazy("Choose once or twice a day"),
    "text": lazy("Write what the session was about, in at most 10,000 characters"),
    "withholding_reason": lazy("Write why the client does not read it, in at most 1,000 characters"),
    "present": LONG,
}
ROW = lazy("Name the treatment, in at most 200 characters, and how it went in at most 4,000")
REFUSED: dict[str, LazyString] = {
    "course_changed": lazy(
        "The plan was changed since you opened this page. Nothing is lost: save once more to put this on top; what it"
        " says there stays among its versions."
    ),
    "session_changed": lazy("This session was changed since you opened this page. Look at it, then save once more."),
    "not_planned": lazy("This session is no longer planned: it was opened or cancelled meanwhile."),
    "not_open": lazy("This session is not open."),
    "not_held": lazy("This session did not begin, so there is nothing to sum up."),
    "summary_written": lazy(
        "Somebody wrote a summary of this session meanwhile. Nothing is lost: save once more to put yours in its place;"
        " what it says stays in the record."
    ),
    "summary_changed": lazy(
        "The summary was changed since you opened this page. Nothing is lost: save once more to put this on top; what"
        " it says there stays in the record."
    ),
    "already_asked": lazy("These notes are open to you, or an admin is to decide about them."),
    "note_changed": lazy(
        "The note was changed since you opened this page. Nothing is lost: save once more to put this on top; what it"
        " says there stays among its versions."
    ),
    "preferences_changed": lazy("This was changed since you opened this page. Look at it, then save once more."),
    "locked_until_morning": lazy(
        "From a session with a dose until the next morning nothing more can be allowed. Less is possible at any moment."
    ),
    "not_dosing": lazy("Medicine is recorded in a dosing session."),
    "not_ready": lazy(
        "A step before the dose is not ticked. Tick it under “Before the dose”, or write there why it goes on without"
        " it."
    ),
    "administration_changed": lazy(
        "This record was corrected since you opened this page. Look at it, then save once more."
    ),
    "administration_withdrawn": lazy("This record was withdrawn meanwhile: it says that nothing was given."),
    "record_changed": lazy("Somebody changed this since you opened this page. Look at it, then save once more."),
    "session_cancelled": lazy("This session was cancelled."),
    "too_often": lazy(
        "With those that are there the tasks after this dose would come to more than twice a day. Cancel one first, or"
        " choose once a day."
    ),
    "days_over": lazy("The days after this dose are over: the task would never be due."),
    "conflict": lazy("This page was used to save something else before, and that stays. Save once more to keep this."),
}


ErrorsOf = Callable[[list[FieldError], Values], dict[str, str]]


@dataclass(frozen=True)
class Outcome:
    """What to show again: the form's values, errors by field, one sentence."""

    status: int
    values: Values
    errors: dict[str, str] = field(default_factory=dict)
    message: str | None = None
    code: str = ""


async def send(ask: Callable[[], Awaitable[None]], values: Values, errors_of: ErrorsOf | None = None) -> Outcome | None:
    """None once it is saved. Refusals that are not about the form (not signed in, not in care) are raised on.

    `errors_of` puts what portal says of fields where the form has them.
    """
    unreadable = [name for name, said in values.items() if isinstance(said, Broken)]
    if unreadable:
        errors = {place_of(name, values): str(UNREADABLE) for name in unreadable}
        return Outcome(HTTPStatus.UNPROCESSABLE_ENTITY, values, errors)
    try:
        await ask()
    except UpstreamProblem as problem:
        return refused(problem, values, errors_of or course_errors)
    except Unavailable:
        return Outcome(HTTPStatus.SERVICE_UNAVAILABLE, values, message=str(NOT_REACHED))
    return None


def refused(problem: UpstreamProblem, values: Values, errors_of: ErrorsOf) -> Outcome:
    status, code = problem.upstream_status, problem.upstream.code
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return Outcome(status, values, errors_of(problem.upstream.errors, values))
    if status == HTTPStatus.CONFLICT and code in REFUSED:
        again = {"version_id" if "version_id" in values else "id": str(new_id())} if code == "conflict" else {}
        return Outcome(status, values | again, message=str(REFUSED[code]), code=code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Outcome(HTTPStatus.SERVICE_UNAVAILABLE, values, message=str(NOT_REACHED))
    raise problem


def course_errors(found: list[FieldError], values: Values) -> dict[str, str]:
    """By the form's fields; what portal says of the whole is said at its last field."""
    errors = {}
    for one in found:
        name = field_of(one.field, values)
        row = name.startswith((TREATMENT, OUTCOME))
        errors[name] = str(ROW if row else WRONG.get(name, UNUSABLE))
    return errors


def field_of(said: str, values: Values) -> str:
    """The form's field for one of portal's: a line belongs to its field, a treatment to its row."""
    name, *rest = said.split(".")
    if name == "previous_treatments" and rest and rest[0].isdigit():
        rows = used_rows(values)
        row = rows[int(rest[0])] if int(rest[0]) < len(rows) else 0
        return f"{OUTCOME if rest[-1] == 'outcome' else TREATMENT}{row}"
    if name in {"contraindications", "contraindications_asked"}:
        return "others"
    return name if name in WRONG else "ended_on" if "ended_on" in values else name


def place_of(name: str, values: Values) -> str:
    """The field on the page that a posted name belongs to."""
    if name.startswith(ASKED):
        return "others"
    return name if name in WRONG or name.startswith((TREATMENT, OUTCOME, FOUND, ITEM)) else field_of(name, values)
