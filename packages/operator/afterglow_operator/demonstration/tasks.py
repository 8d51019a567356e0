"""Tasks for the days after some clients' latest doses, and on which of those days they were done."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from random import Random
from uuid import UUID

from afterglow_portal.course.history import ImportedCourse
from afterglow_portal.course.schemas import Kind
from afterglow_portal.tasks.history import ImportedMark, ImportedTask
from pydantic import BaseModel, TypeAdapter

from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.people import DemoPerson

DAY = timedelta(days=1)
EVENING = time(20, 40)
ASSIGNED_BEFORE = timedelta(hours=20)


class Assigned(BaseModel, frozen=True):
    """For the days after the `dose`th dose, counted from the latest one as -1; `done` on that share of them."""

    dose: int
    title: str
    how: str
    minutes: int
    times_a_day: int
    days: int
    done: float


@cache
def assigned() -> dict[str, list[Assigned]]:
    """By the client's name."""
    found = files(__package__).joinpath("tasks.json").read_text("utf-8")
    return TypeAdapter(dict[str, list[Assigned]]).validate_json(found)


def tasks_of(client: DemoPerson, course: ImportedCourse, now: datetime) -> Iterator[ImportedTask]:
    """As their therapist assigned them the day before a dose, and as they were done until yesterday."""
    doses = doses_by_session(course)
    for number, one in enumerate(assigned().get(client.name, [])):
        session_id, at = doses[one.dose]
        source = chance("task", client.name, number)
        made_at = at - ASSIGNED_BEFORE
        later = [given for _, given in doses if client.today(given) > client.today(at)]
        until = min([client.today(now), *(client.today(given) for given in later[:1])])
        yield ImportedTask(
            id=identifier(made_at, source),
            session_id=session_id,
            made_at=made_at,
            marks=tuple(marks(client, one, client.today(at), until, source)),
            **one.model_dump(exclude={"dose", "done"}),
        )


def doses_by_session(course: ImportedCourse) -> list[tuple[UUID, datetime]]:
    """Each dosing session with its first dose, in order."""
    given: dict[UUID, datetime] = {}
    for one in course.administrations:
        given.setdefault(one.session_id, one.given_at)
    return [(one.id, given[one.id]) for one in course.sessions if one.kind == Kind.dosing and one.id in given]


def marks(client: DemoPerson, one: Assigned, dosed: date, until: date, source: Random) -> Iterator[ImportedMark]:
    for number in range(1, one.days + 1):
        day = dosed + number * DAY
        for occasion in range(1, one.times_a_day + 1):
            if day < until and source.random() < one.done:
                at = datetime.combine(day, EVENING, client.zone) + timedelta(minutes=source.randrange(60))
                yield ImportedMark(id=identifier(at, source), made_at=at, done_on=day, occasion=occasion)
