"""What some therapists noted for themselves after the latest integration sessions, the newest first."""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from importlib.resources import files

from afterglow_portal.course.history import ImportedCourse
from afterglow_portal.course.schemas import Kind, State
from afterglow_portal.process_notes.history import ImportedNote

from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.people import DemoPerson

WRITTEN_AFTER = timedelta(minutes=55)


@cache
def texts() -> dict[str, list[str]]:
    """By the client's name."""
    found: dict[str, list[str]] = json.loads(files(__package__).joinpath("process_notes.json").read_text("utf-8"))
    return found


def notes_of(client: DemoPerson, course: ImportedCourse) -> Iterator[ImportedNote]:
    """One after each of the latest integration sessions, as far as the texts go."""
    source = chance("process notes", client.name)
    over = [ended for one in course.sessions if one.kind == Kind.integration and (ended := one.since(State.ended))]
    for ended, text in zip(sorted(over, reverse=True), texts().get(client.name, []), strict=False):
        at = ended + WRITTEN_AFTER
        yield ImportedNote(id=identifier(at, source), text=text, written_at=at)
