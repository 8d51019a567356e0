"""What clients of the demonstration write in their journals: an intention, the experience, what came of it."""

from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from uuid import UUID

from afterglow_portal.agenda.schemas import PinBody
from afterglow_portal.journal.history import ImportedEntry
from afterglow_portal.journal.schemas import Phase
from afterglow_portal.visibility import Visibility
from pydantic import TypeAdapter

from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.occasions import Occasion
from afterglow_operator.demonstration.people import DemoPerson

PINNED_AFTER = timedelta(minutes=4)


class Page(Occasion, frozen=True):
    """One entry; `goes_on` from the one before. `pinned` is a line of it for the next session."""

    phase: Phase | None = None
    goes_on: bool = False
    visibility: Visibility
    title: str | None = None
    text: str
    pinned: str | None = None


@cache
def journals() -> dict[str, list[Page]]:
    """By the client's name, oldest first."""
    found = files(__package__).joinpath("journals.json").read_text("utf-8")
    return TypeAdapter(dict[str, list[Page]]).validate_json(found)


def entries_of(client: DemoPerson, now: datetime) -> list[ImportedEntry]:
    """Everything they wrote before `now`, oldest first; the same for the same local day."""
    source = chance("journal", client.name)
    entries: list[ImportedEntry] = []
    before: UUID | None = None
    for page in journals().get(client.name, []):
        at = page.begins_at(client, now)
        entry = ImportedEntry(
            id=identifier(at, source),
            entered_at=at,
            felt_at=at,
            time_zone=client.time_zone,
            title=page.title,
            text=page.text,
            phase=page.phase,
            follows=before if page.goes_on else None,
            visibility=page.visibility,
        )
        entries.append(entry)
        before = entry.id
    return [entry for entry in entries if entry.entered_at <= now]


def pinned_by(client: DemoPerson, now: datetime) -> list[tuple[UUID, PinBody, datetime]]:
    """The lines that they pinned before `now`, each with its id and when: soon after it was written."""
    source = chance("pinned lines", client.name)
    written = zip(journals().get(client.name, []), entries_of(client, now), strict=False)
    found = [(entry, page.pinned, entry.entered_at + PINNED_AFTER) for page, entry in written if page.pinned]
    return [
        (identifier(at, source), PinBody(entry_id=entry.id, text=line), at) for entry, line, at in found if at <= now
    ]
