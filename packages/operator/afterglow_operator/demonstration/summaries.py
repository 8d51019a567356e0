"""What was written about the latest integration sessions of some clients, the newest first."""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from importlib.resources import files

from afterglow_portal.course.history import ImportedCourse
from afterglow_portal.course.schemas import Kind, State
from afterglow_portal.notes.history import ImportedEdit, ImportedSummary

from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.people import DemoPerson

WRITTEN_AFTER, CHANGED_AFTER = timedelta(minutes=25), timedelta(hours=20)


@cache
def texts() -> dict[str, list[list[str]]]:
    """By the client's name, what each said first and then."""
    found = json.loads(files(__package__).joinpath("summaries.json").read_text("utf-8"))
    return {name: [[one] if isinstance(one, str) else one for one in said] for name, said in found.items()}


def summaries_of(client: DemoPerson, course: ImportedCourse) -> Iterator[ImportedSummary]:
    """One for each of the latest integration sessions that took place, as far as the texts go."""
    source = chance("summary", client.name)
    over = [
        (ended, one.id) for one in course.sessions if one.kind == Kind.integration and (ended := one.since(State.ended))
    ]
    for (ended, session_id), said in zip(sorted(over, reverse=True), texts().get(client.name, []), strict=False):
        at, (first, *then) = ended + WRITTEN_AFTER, said
        identity = identifier(at, source)
        edits = tuple(
            ImportedEdit(version_id=identifier(later, source), base_version=version, text=text, made_at=later)
            for version, text in enumerate(then, start=1)
            if (later := at + CHANGED_AFTER * version)
        )
        yield ImportedSummary(id=identity, session_id=session_id, text=first, made_at=at, edits=edits)
