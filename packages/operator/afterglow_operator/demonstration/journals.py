"""What clients of the demonstration write in their journals: an intention, the experience, what came of it."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from uuid import UUID

from afterglow_portal.journal.history import ImportedEntry
from afterglow_portal.journal.schemas import Phase
from afterglow_portal.visibility import Visibility
from pydantic import BaseModel, TypeAdapter

from afterglow_operator.demonstration.chance import chance, identifier
from afterglow_operator.demonstration.doses import doses_of
from afterglow_operator.demonstration.people import DemoPerson


class Page(BaseModel, frozen=True):
    """One entry, `days_ago` or `days` after that dose (1 is the first); `goes_on` from the one before."""

    days_ago: int | None = None
    dose: int | None = None
    days: int = 0
    at: time
    phase: Phase | None = None
    goes_on: bool = False
    visibility: Visibility
    title: str | None = None
    text: str

    def written_at(self, client: DemoPerson, now: datetime) -> datetime:
        """The instant, by the client's clock."""
        if self.dose is None:
            day = client.today(now) - timedelta(days=self.days_ago or 0)
        else:
            day = client.today(doses_of(client, now)[self.dose - 1]) + timedelta(days=self.days)
        return datetime.combine(day, self.at, client.zone).astimezone(UTC)


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
        at = page.written_at(client, now)
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
