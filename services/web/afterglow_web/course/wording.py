"""Words of a course of treatment: kinds and states of sessions, ways to give a medicine, what is found at intake."""

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from afterglow_design.dates import clock, long_full_day, measured, moment
from afterglow_design.languages import LazyString, _, gettext, lazy, ngettext
from afterglow_design.practice import CONTRAINDICATIONS

from afterglow_web.course.records import Course, Given, Kind, Plan, Route, Session, SessionBefore, State

KINDS: dict[Kind, LazyString] = {
    Kind.preparation: lazy("Preparation"),
    Kind.dosing: lazy("Dosing"),
    Kind.integration: lazy("Integration"),
    Kind.counselling: lazy("Counselling"),
}
SESSIONS: dict[Kind, LazyString] = {
    Kind.preparation: lazy("Preparation session"),
    Kind.dosing: lazy("Dosing session"),
    Kind.integration: lazy("Integration session"),
    Kind.counselling: lazy("Counselling session"),
}
STATES: dict[State, LazyString] = {
    State.planned: lazy("planned"),
    State.open: lazy("open now"),
    State.ended: lazy("took place"),
    State.cancelled: lazy("cancelled"),
}
TONES = {State.planned: "dusk", State.open: "glow", State.ended: "sage", State.cancelled: "plain"}
WENT_ON: dict[State, LazyString] = {
    State.planned: lazy("Planned"),
    State.open: lazy("Opened"),
    State.ended: lazy("Ended"),
    State.cancelled: lazy("Cancelled"),
}
ROUTES: dict[Route, LazyString] = {
    Route.im: lazy("into a muscle"),
    Route.iv: lazy("into a vein"),
    Route.intranasal: lazy("through the nose"),
    Route.sublingual: lazy("under the tongue"),
    Route.oral: lazy("swallowed"),
}
NAMED_BEFORE = (
    *("blood_pressure", "heart", "aneurysm", "bleeding_in_the_brain", "pressure", "psychosis", "mania"),
    *("substance_use", "pregnancy", "liver", "bladder", "thyroid", "ketamine"),
)
CODES = dict(zip(NAMED_BEFORE, CONTRAINDICATIONS, strict=True))
"""Under which names plans kept our list's items before it was the practice's own."""


def session_words(kind: Kind) -> str:
    return str(SESSIONS[kind])


def route_words(route: Route) -> str:
    return str(ROUTES[route])


def standing_words(state: State) -> str:
    return str(STATES[state])


def standing_tone(state: State) -> str:
    return TONES[state]


def as_asked(found: str) -> str:
    """The wording of what a plan keeps, in which it was asked."""
    return str(CODES.get(found, found))


def contraindication_words(found: str) -> str:
    """One of our own list in the reader's language; what the practice or somebody wrote as they wrote it."""
    asked = as_asked(found)
    return gettext(asked) if asked in CONTRAINDICATIONS else asked


def not_found(plan: Plan) -> list[str]:
    """What was asked at intake and not found."""
    found = {as_asked(one) for one in plan.contraindications}
    return [contraindication_words(one) for one in plan.contraindications_asked if as_asked(one) not in found]


def dose_words(given: Given) -> str:
    """Say what was given and how, as `Ketamine 45 mg into a muscle (0.63 mg/kg)`."""
    said = _(
        "%(medicine)s %(mg)s mg %(route)s",
        medicine=given.medicine,
        mg=measured(given.dose_mg),
        route=route_words(given.route),
    )
    return f"{said} ({per_kilogram(given.mg_per_kg)})" if given.mg_per_kg else said


def per_kilogram(value: float) -> str:
    return _("%(value)s mg/kg", value=measured(value))


def planned_words(course: Course) -> str:
    """How many doses are planned, and how far apart; empty where the plan says neither."""
    said = [
        ngettext("One dose", "%(num)s doses", course.planned_doses) if course.planned_doses else "",
        ngettext("one day apart", "%(num)s days apart", course.spacing_days) if course.spacing_days else "",
    ]
    line = ", ".join(filter(None, said))
    return line[:1].upper() + line[1:]


def history_words(session: Session, zone: str) -> list[str]:
    """What happened to a session before it was held: moved from when, cancelled, and why."""
    standing: list[SessionBefore | Session] = [*session.before, session]
    said = []
    for before, after in pairwise(standing):
        if before.planned_at != after.planned_at:
            said.append(with_reason(_("Moved from %(when)s", when=moment(before.planned_at, zone)), after.reason))
        elif after.state == State.cancelled and after.reason:
            said.append(with_reason(str(WENT_ON[State.cancelled]), after.reason))
    return said


def with_reason(said: str, reason: str) -> str:
    return f"{said}: {reason}" if reason else said


def stages(session: Session, zone: str) -> list[tuple[datetime, str, str]]:
    """Everything that a session was, oldest first: since when, what happened then, and why where somebody said it."""
    standing: list[SessionBefore | Session] = [*session.before, session]
    since = [*(one.made_at for one in session.before), session.changed_at]
    first = _("Planned for %(when)s", when=moment(standing[0].planned_at, zone))
    said = [first, *(went_on(*pair, zone) for pair in pairwise(standing))]
    return list(zip(since, said, [one.reason for one in standing], strict=True))


def went_on(before: SessionBefore | Session, after: SessionBefore | Session, zone: str) -> str:
    if before.state != after.state:
        return str(WENT_ON[after.state])
    if before.planned_at != after.planned_at:
        return _("Moved to %(when)s", when=moment(after.planned_at, zone))
    return _("Changed to: %(kind)s", kind=session_words(after.kind))


def own_day_href(session: Session) -> str | None:
    """Where a client reads what is recorded of their dosing session, once it was opened."""
    return f"/path/sessions/{session.id}" if session.kind == Kind.dosing and session.opened_at else None


def place(zone: str) -> str:
    """The city that a zone is named after."""
    return zone.rpartition("/")[2].replace("_", " ")


def clock_beside(at: datetime, zone: str, other: datetime) -> str:
    """Write an instant as its hour; with its day where that is not the day of `other`, and its year likewise."""
    day, beside = (one.astimezone(ZoneInfo(zone)).date() for one in (at, other))
    if day == beside:
        return clock(at, zone)
    return moment(at, zone) if day.year == beside.year else long_full_moment(at, zone)


def long_full_moment(at: datetime, zone: str) -> str:
    """Write an instant as `Tuesday, 12 March 2026, 21:10`."""
    return f"{long_full_day(at.astimezone(ZoneInfo(zone)).date())}, {clock(at, zone)}"


FILTERS: dict[str, Callable[..., object]] = {
    "clock_beside": clock_beside,
    "contraindication_words": contraindication_words,
    "dose_words": dose_words,
    "history_words": history_words,
    "long_full_moment": long_full_moment,
    "not_found": not_found,
    "own_day_href": own_day_href,
    "per_kilogram": per_kilogram,
    "place": place,
    "planned_words": planned_words,
    "route_words": route_words,
    "session_words": session_words,
    "stages": stages,
    "standing_tone": standing_tone,
    "standing_words": standing_words,
}
