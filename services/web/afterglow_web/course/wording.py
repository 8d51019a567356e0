"""Words of a course of treatment: kinds and states of sessions, ways to give a medicine, what is found at intake."""

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise

from afterglow_design.dates import measured, moment
from afterglow_design.languages import LazyString, _, lazy, ngettext

from afterglow_web.course.records import Course, Given, Kind, Route, Session, SessionBefore, State

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
CONTRAINDICATIONS: dict[str, LazyString] = {
    "blood_pressure": lazy("High blood pressure that is not under control"),
    "heart": lazy("Heart disease, or a heart attack or stroke in the last months"),
    "aneurysm": lazy("An aneurysm, or a malformation of blood vessels"),
    "bleeding_in_the_brain": lazy("A bleeding in the brain, ever"),
    "pressure": lazy("Raised pressure in the head or in an eye"),
    "psychosis": lazy("Psychosis, now or ever"),
    "mania": lazy("Mania, now or ever"),
    "substance_use": lazy("Use of alcohol or another substance that is a concern"),
    "pregnancy": lazy("Pregnancy, or breastfeeding"),
    "liver": lazy("Severe disease of the liver"),
    "bladder": lazy("Pain or bleeding of the bladder"),
    "thyroid": lazy("An overactive thyroid that is not treated"),
    "ketamine": lazy("An earlier bad reaction to ketamine"),
}


def session_words(kind: Kind) -> str:
    return str(SESSIONS[kind])


def route_words(route: Route) -> str:
    return str(ROUTES[route])


def standing_words(state: State) -> str:
    return str(STATES[state])


def standing_tone(state: State) -> str:
    return TONES[state]


def contraindication_words(found: str) -> str:
    """One of the list by its name; what somebody wrote besides as they wrote it."""
    return str(CONTRAINDICATIONS.get(found, found))


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
    """The times that a session was planned for before, each as a sentence."""
    return [_("Moved from %(when)s", when=moment(planned_at, zone)) for planned_at in session.moved_from]


def stages(session: Session, zone: str) -> list[tuple[datetime, str]]:
    """Everything that a session was, oldest first: since when, and what happened then."""
    standing: list[SessionBefore | Session] = [*session.before, session]
    since = [*(one.made_at for one in session.before), session.changed_at]
    first = _("Planned for %(when)s", when=moment(standing[0].planned_at, zone))
    return list(zip(since, [first, *(went_on(*pair, zone) for pair in pairwise(standing))], strict=True))


def went_on(before: SessionBefore | Session, after: SessionBefore | Session, zone: str) -> str:
    if before.state != after.state:
        return str(WENT_ON[after.state])
    if before.planned_at != after.planned_at:
        return _("Moved to %(when)s", when=moment(after.planned_at, zone))
    return _("Changed to: %(kind)s", kind=session_words(after.kind))


def place(zone: str) -> str:
    """The city that a zone is named after."""
    return zone.rpartition("/")[2].replace("_", " ")


FILTERS: dict[str, Callable[..., object]] = {
    "contraindication_words": contraindication_words,
    "dose_words": dose_words,
    "history_words": history_words,
    "per_kilogram": per_kilogram,
    "place": place,
    "planned_words": planned_words,
    "route_words": route_words,
    "session_words": session_words,
    "stages": stages,
    "standing_tone": standing_tone,
    "standing_words": standing_words,
}
