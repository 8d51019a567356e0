"""What some clients wish of touch and support: said after the preparation, and once more before a later dose."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

from afterglow_portal.course.history import ImportedCourse
from afterglow_portal.course.schemas import Kind, State
from afterglow_portal.preferences.history import ImportedPreferences
from afterglow_portal.preferences.schemas import Wishes
from pydantic import TypeAdapter

from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.people import DemoPerson

BEFORE_A_DOSE, AFTER_PLANNING = timedelta(hours=14), timedelta(days=1)


@cache
def wishes() -> dict[str, list[Wishes]]:
    """By the client's name, oldest first."""
    found = files(__package__).joinpath("preferences.json").read_text("utf-8")
    return TypeAdapter(dict[str, list[Wishes]]).validate_json(found)


def preferences_of(client: DemoPerson, course: ImportedCourse) -> Iterator[ImportedPreferences]:
    """The first before the first dose, the last before the latest one; before any dose soon after the plan."""
    source = chance("preferences", client.name)
    said = wishes().get(client.name, [])
    for number, one in enumerate(said):
        at = moments(course)[-1 if number else 0]
        yield ImportedPreferences(id=identifier(at, source), made_at=at, base_version=number, **one.model_dump())


def moments(course: ImportedCourse) -> list[datetime]:
    dosing = [one.stages for one in course.sessions if one.kind == Kind.dosing]
    held = [stages[0].planned_at - BEFORE_A_DOSE for stages in dosing if stages[-1].state == State.ended]
    return held or [course.made_at + AFTER_PLANNING]
