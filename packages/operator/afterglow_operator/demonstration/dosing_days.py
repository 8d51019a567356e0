"""What was recorded of each dosing session: the lists, readings that rise with the dose and settle, who stayed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from random import Random

from afterglow_portal.course.history import ImportedCourse, ImportedSession
from afterglow_portal.course.schemas import State
from afterglow_portal.dosing_day.history import Body, ImportedRecord
from afterglow_portal.dosing_day.schemas import (
    AdverseEventBody,
    DischargeBody,
    EventKind,
    Moment,
    ObservationBody,
    Presence,
    ReadinessBody,
    VitalSignsBody,
)
from afterglow_portal.dosing_day.steps import Discharge, Readiness

from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.people import DemoPerson

BEFORE_OPENING, WRITTEN_AFTER = timedelta(minutes=8), timedelta(minutes=1)
RISES = {Moment.baseline: (0, 0), Moment.after_40_minutes: (19, 11), Moment.before_leaving: (4, 2)}
EVENTS = (
    (EventKind.nausea, "Queasy when the room came back.", "Ginger and a quiet half hour; gone before the ride home."),
    (
        EventKind.dizziness,
        "Unsteady on the way to the chair.",
        "Sat down again, held an arm. Steady after ten minutes.",
    ),
    (EventKind.headache, "A dull pressure behind the eyes.", "Water. Still a little there on leaving."),
)
IN_SPANISH = (
    (EventKind.nausea, "Revuelta al volver la habitación.", "Jengibre y media hora tranquila; pasó antes de irse."),
    (
        EventKind.dizziness,
        "Insegura camino del sillón.",
        "Se sentó otra vez, con un brazo al lado. Firme a los diez minutos.",
    ),
    (EventKind.headache, "Una presión sorda detrás de los ojos.", "Agua. Al irse quedaba un poco."),
)
NO_ESCORT = "Her sister is on the late shift and comes at half past; she waits with us until then."
UNFASTED = "A slice of toast five hours ago. Talked over with the prescriber, goes on."


def records_of(client: DemoPerson, course: ImportedCourse) -> list[ImportedRecord]:
    """In the order in which they were written."""
    doses = groupby(course.administrations, key=lambda one: one.session_id)
    sessions = {one.id: one for one in course.sessions}
    found: list[ImportedRecord] = []
    for number, (session_id, given) in enumerate(doses, start=1):
        times = [one.given_at for one in given]
        source = chance("dosing day", client.name, number)
        found += [
            ImportedRecord(id=identifier(at, source), session_id=session_id, made_at=at + WRITTEN_AFTER, body=body)
            for at, body in day_of(client, sessions[session_id], times, number, source)
        ]
    return sorted(found, key=lambda one: one.made_at)


def day_of(
    client: DemoPerson, session: ImportedSession, doses: list[datetime], number: int, source: Random
) -> Iterator[tuple[datetime, Body]]:
    opened, ended = session.since(State.open), session.since(State.ended)
    if opened is None or ended is None:
        return
    ready = opened - BEFORE_OPENING
    yield ready, readiness(client, number)
    leaving = ended - timedelta(minutes=12)
    pressure = chance("blood pressure", client.name).randint(112, 131)
    measured = {
        Moment.baseline: ready + timedelta(minutes=3),
        Moment.after_40_minutes: doses[-1] + timedelta(minutes=40),
        Moment.before_leaving: leaving,
    }
    for moment, at in measured.items():
        yield at, reading(moment, at, pressure, source)
    if source.random() < 0.4:  # noqa: PLR2004  # two days in five, as is not rare
        kind, what, outcome = source.choice(IN_SPANISH if client.locale == "es" else EVENTS)
        began = doses[-1] + timedelta(minutes=source.randint(35, 60))
        over = began + timedelta(minutes=25)
        yield over, AdverseEventBody(kind=kind, began_at=began, ended_at=over, what=what, outcome=outcome)
    observed = ObservationBody(began_at=doses[0], ended_at=leaving, present=(Presence.therapist, Presence.nurse))
    yield leaving + timedelta(minutes=2), observed
    yield leaving + timedelta(minutes=4), DischargeBody(steps=tuple(Discharge))


def readiness(client: DemoPerson, number: int) -> ReadinessBody:
    """Complete, but for two days on which somebody decided and said why."""
    missing = {("Maya Lindqvist", 6): Readiness.escort_home, ("Tobias Reuter", 7): Readiness.fasting}
    left_out = missing.get((client.name, number))
    steps = tuple(step for step in Readiness if step != left_out)
    reasons = {Readiness.escort_home: NO_ESCORT, Readiness.fasting: UNFASTED}
    return ReadinessBody(steps=steps, reason=reasons[left_out] if left_out else "")


def reading(moment: Moment, at: datetime, pressure: int, source: Random) -> VitalSignsBody:
    upper, lower = RISES[moment]
    return VitalSignsBody(
        measured_at=at,
        moment=moment,
        systolic=pressure + upper + source.randint(-4, 4),
        diastolic=round(pressure * 0.62) + lower + source.randint(-3, 3),
        pulse=72 + upper // 2 + source.randint(-6, 6),
        oxygen=source.randint(96, 99),
    )
