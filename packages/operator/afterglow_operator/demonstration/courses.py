"""Each client's course of treatment: a plan, a session for every dose that their curve answers to, and those around it.

Where the plan says nothing else, preparation comes a week before the first dose and integration two days after a dose,
or on the next working day that has none.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Any
from uuid import UUID

from afterglow_design.practice import CONTRAINDICATIONS
from afterglow_portal.course.history import ImportedAdministration, ImportedCourse, ImportedEdit, ImportedSession, Stage
from afterglow_portal.course.schemas import Kind, PlanContent, Route, State
from afterglow_portal.visibility import Visibility
from pydantic import TypeAdapter

from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.doses import doses_of
from afterglow_operator.demonstration.journals import entries_of, journals
from afterglow_operator.demonstration.occasions import Occasion
from afterglow_operator.demonstration.people import HISTORY_DAYS, DemoPerson
from afterglow_operator.demonstration.temperaments import TEMPERAMENTS

BEGINS, PLANNED_BEFORE, MOVED_BEFORE = timedelta(days=HISTORY_DAYS - 4), timedelta(days=12), timedelta(days=2)
HOUR, OBSERVED, SETTLING = timedelta(minutes=50), timedelta(minutes=150), timedelta(minutes=20)
SECOND_AFTER, REVISED_AFTER = timedelta(minutes=30), timedelta(days=31)
TWICE = {"withdrawal_reason": "Recorded twice: the first time seemed not to be saved."}
SATURDAY = 5
INTEGRATED = (1, 2, 4, 6, 7, 8)  # the doses that a session follows


class Meeting(Occasion, frozen=True):
    """A session as it was agreed; `moved_from` is the hour at which it was planned first."""

    kind: Kind
    moved_from: time | None = None
    cancelled: bool = False


class Plan(PlanContent, frozen=True):
    """`mg` are the doses in their order, `second_mg` what follows half an hour after the latest ones.

    `goals_at_first` are what they wanted to reach before they wrote it anew, if they did;
    `recorded_twice` is which dose was entered once too often, and withdrawn.
    """

    medicine: str = ""
    route: Route | None = None
    weight_kg: float | None = None
    mg: tuple[float, ...] = ()
    second_mg: float | None = None
    planned_doses: int | None = None
    spacing_days: int | None = None
    setting: str = ""
    present: str = ""
    hour: time
    recorded_twice: int | None = None
    goals_at_first: tuple[str, ...] = ()
    others: tuple[Meeting, ...] = ()


@cache
def plans() -> dict[str, Plan]:
    """By the client's name."""
    found = files(__package__).joinpath("courses.json").read_text("utf-8")
    return TypeAdapter(dict[str, Plan]).validate_json(found)


def course_of(client: DemoPerson, now: datetime) -> ImportedCourse | None:
    """The client's course as it stands at `now`; None for a client whom nobody treats."""
    plan = plans().get(client.name)
    if plan is None:
        return None
    source = chance("course of treatment", client.name)
    begun = now - BEGINS
    sessions: list[ImportedSession] = []
    given: list[ImportedAdministration] = []
    for number, dose in enumerate(doses_of(client, now), start=1):
        planned = dose.replace(minute=dose.minute // 15 * 15) - SETTLING
        session = held(
            client,
            Kind.dosing,
            identifier(planned, source),
            planned,
            length=OBSERVED,
            thread=thread_of(client, number, now),
        )
        sessions.append(session)
        given += administrations(client, plan, session.id, number, dose)
    sessions += [arranged(client, meeting, identifier(begun, source), now) for meeting in meetings(client, plan, now)]
    body: dict[str, Any] = {
        "started_on": client.today(begun),
        "items": TEMPERAMENTS[client.name].items,
        "watch_energy": TEMPERAMENTS[client.name].up_now,
        "planned_doses": plan.planned_doses or len(plan.mg) or None,
        "spacing_days": plan.spacing_days,
        **{name: getattr(plan, name) for name in PlanContent.model_fields},
        "contraindications_asked": [str(one) for one in CONTRAINDICATIONS],
    }
    return ImportedCourse(
        id=identifier(begun, source),
        made_at=begun,
        edits=(revised(client, body, begun),) if plan.goals_at_first else (),
        sessions=tuple(sorted(sessions, key=lambda one: one.stages[-1].planned_at)),
        administrations=tuple(given),
        **body | ({"goals": plan.goals_at_first} if plan.goals_at_first else {}),
    )


def revised(client: DemoPerson, body: dict[str, Any], begun: datetime) -> ImportedEdit:
    """The plan as it was written anew some weeks later."""
    at = begun + REVISED_AFTER
    edit = {"version_id": identifier(at, chance("revision", client.name)), "base_version": 1, "made_at": at}
    return ImportedEdit.model_validate(body | edit)


def meetings(client: DemoPerson, plan: Plan, now: datetime) -> Iterator[Meeting]:
    """Preparation and integration around the doses, and what the plan says besides."""
    doses = doses_of(client, now)
    if doses:
        yield Meeting(kind=Kind.preparation, dose=1, days=-7, at=plan.hour)
    taken = {client.today(dose) for dose in doses}
    for number in INTEGRATED:
        if number <= len(doses) and now - doses[number - 1] > timedelta(days=7):
            day = client.today(doses[number - 1])
            days = next(after for after in count(2) if is_free(day + timedelta(days=after), taken))
            taken.add(day + timedelta(days=days))
            yield Meeting(kind=Kind.integration, dose=number, days=days, at=plan.hour)
    yield from plan.others


def is_free(day: date, taken: set[date]) -> bool:
    return day.weekday() < SATURDAY and day not in taken


def arranged(client: DemoPerson, meeting: Meeting, identity: UUID, now: datetime) -> ImportedSession:
    """A session as agreed, held by now unless it was cancelled or is still to come; never on a weekend."""
    planned = on_a_working_day(client, meeting.begins_at(client, now))
    if planned < now and not meeting.cancelled:
        return held(client, meeting.kind, identity, planned, moved_from=meeting.moved_from)
    stages = [*planning(client, planned, meeting.moved_from)]
    if meeting.cancelled:
        stages.append(Stage(at=planned - MOVED_BEFORE / 2, state=State.cancelled, planned_at=planned))
    return ImportedSession(id=identity, kind=meeting.kind, time_zone=client.time_zone, stages=tuple(stages))


def held(
    client: DemoPerson,
    kind: Kind,
    identity: UUID,
    planned: datetime,
    *,
    length: timedelta = HOUR,
    thread: UUID | None = None,
    moved_from: time | None = None,
) -> ImportedSession:
    opened = planned + timedelta(minutes=4)
    over = (
        Stage(at=opened, state=State.open, planned_at=planned),
        Stage(at=opened + length, state=State.ended, planned_at=planned),
    )
    stages = (*planning(client, planned, moved_from), *over)
    return ImportedSession(id=identity, kind=kind, time_zone=client.time_zone, thread=thread, stages=stages)


def planning(client: DemoPerson, planned: datetime, moved_from: time | None) -> Iterator[Stage]:
    made = planned - PLANNED_BEFORE
    if moved_from:
        first = datetime.combine(client.today(planned), moved_from, client.zone)
        yield Stage(at=made, state=State.planned, planned_at=first)
        made = planned - MOVED_BEFORE
    yield Stage(at=made, state=State.planned, planned_at=planned)


def administrations(
    client: DemoPerson, plan: Plan, session: UUID, number: int, dose: datetime
) -> Iterator[ImportedAdministration]:
    """What was given: once, or twice where the plan has a second part for the later doses."""
    source = chance("administration", client.name, number)
    second = [(dose + SECOND_AFTER, plan.second_mg)] if plan.second_mg and number > len(plan.mg) // 2 else []
    once: list[tuple[datetime, float, dict[str, Any]]] = [
        (at, mg, {}) for at, mg in [(dose, plan.mg[number - 1]), *second]
    ]
    again = [(dose, plan.mg[number - 1], TWICE | {"withdrawn_at": dose + SETTLING})]
    for at, mg, withdrawn in [*once, *(again if number == plan.recorded_twice else [])]:
        yield ImportedAdministration.model_validate(
            {
                **withdrawn,
                "id": identifier(at, source),
                "session_id": session,
                "made_at": at + timedelta(minutes=2),
                "given_at": at,
                "time_zone": client.time_zone,
                "route": plan.route,
                "medicine": plan.medicine,
                "dose_mg": mg,
                "weight_kg": plan.weight_kg,
                "setting": plan.setting,
                "present": plan.present,
            }
        )


def thread_of(client: DemoPerson, number: int, now: datetime) -> UUID | None:
    """The first journal entry about that dose that is not only theirs, if they wrote one: a session names it."""
    pages = zip(journals().get(client.name, []), entries_of(client, now), strict=False)
    shared = (entry.id for page, entry in pages if page.dose == number and page.visibility != Visibility.only_me)
    return next(shared, None)


def on_a_working_day(client: DemoPerson, at: datetime) -> datetime:
    local = at.astimezone(client.zone)
    later = {SATURDAY: 2, SATURDAY + 1: 1}.get(local.weekday(), 0)
    return local + timedelta(days=later)
