"""From a body to columns and to an answer, and back; titles and texts are sealed and opened here only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.plain_text import as_read, cut
from afterglow_foundation.sealing import Binding, DataKey

from afterglow_portal.checkins.rules import BACK_DATED_AFTER
from afterglow_portal.journal.models import ContentColumns, JournalEntry, JournalVersion
from afterglow_portal.journal.schemas import EntryBody, EntryHead, EntryOut
from afterglow_portal.times import local_date

CURRENT, EARLIER, DRAFT = "journal_entries", "journal_versions", "journal_drafts"
SEALED = ("title", "text")
OPENING = 160  # characters of a text that a list shows
LOOKED_AT = 2_000  # characters of a text that its opening is found in


def binding(table: str, column: str, row: UUID, owner: UUID) -> Binding:
    return Binding(service="portal", table=table, column=column, row=row, owner=owner)


def sealed(words: dict[str, str | None], table: str, row: UUID, key: DataKey) -> dict[str, bytes | None]:
    """Title and text sealed for this row of the key's owner."""
    return {
        name: key.seal(value, binding(table, name, row, key.owner)) if value is not None else None
        for name, value in words.items()
    }


def opened(row: JournalEntry | JournalVersion, key: DataKey | None) -> dict[str, str | None]:
    """Title and text. Raises SealBrokenError where they do not open, LookupError without a key that may be read."""
    if key is None:
        raise LookupError("a sealed entry without a data key that may be read")
    table = CURRENT if isinstance(row, JournalEntry) else EARLIER
    values = {name: getattr(row, name) for name in SEALED}
    return {
        name: key.open(value, binding(table, name, row.id, row.client_id)) if value is not None else None
        for name, value in values.items()
    }


def columns_of(body: EntryBody, entry_id: UUID, key: DataKey) -> dict[str, Any]:
    """The content columns of a current row."""
    return {
        **sealed({"title": body.title, "text": body.text}, CURRENT, entry_id, key),
        "phase": body.phase,
        "follows": body.follows,
        "felt_at": body.felt_at,
        "time_zone": body.time_zone,
        "local_date": local_date(body.felt_at, body.time_zone),
        "visibility": str(body.visibility),
    }


def acknowledged(
    body: EntryBody,
    *,
    entry_id: UUID,
    client_id: UUID,
    entered_at: datetime,
    version: int = 1,
    edited_at: datetime | None = None,
) -> EntryOut:
    """The answer to a body that was stored; the same body gives the same answer again, whatever came after."""
    return EntryOut(
        id=entry_id,
        client_id=client_id,
        **{name: getattr(body, name) for name in EntryBody.model_fields if name in EntryOut.model_fields},
        entered_at=entered_at,
        local_date=local_date(body.felt_at, body.time_zone),
        back_dated=entered_at - body.felt_at > BACK_DATED_AFTER,
        version=version,
        edited_at=edited_at,
    )


def shown(row: JournalEntry, key: DataKey | None) -> EntryOut:
    """A current row as its reader sees it."""
    return from_columns(row, opened(row, key), row.id, row.entered_at, edited_at=row.edited_at)


def shown_version(row: JournalVersion, key: DataKey | None, entered_at: datetime) -> EntryOut:
    edited_at = row.made_at if row.version > 1 else None
    return from_columns(row, opened(row, key), row.entry_id, entered_at, edited_at=edited_at)


def from_columns(
    row: JournalEntry | JournalVersion,
    words: dict[str, str | None],
    entry_id: UUID,
    entered_at: datetime,
    *,
    edited_at: datetime | None,
) -> EntryOut:
    plain = {name: getattr(row, name) for name in ContentColumns.model_fields if name not in SEALED}
    return EntryOut.model_validate(
        {
            **plain,
            **words,
            "id": entry_id,
            "client_id": row.client_id,
            "entered_at": entered_at,
            "back_dated": entered_at - row.felt_at > BACK_DATED_AFTER,
            "version": row.version,
            "edited_at": edited_at,
        }
    )


def head(row: JournalEntry, words: dict[str, str | None] | None, read_at: datetime | None) -> EntryHead:
    """A row for a list; without `words` neither title nor text shows."""
    text = (words or {}).get("text")
    plain = {name: getattr(row, name) for name in ContentColumns.model_fields if name not in SEALED}
    return EntryHead.model_validate(
        {
            **plain,
            "id": row.id,
            "title": (words or {}).get("title"),
            "opening": cut(as_read(text[:LOOKED_AT]), OPENING) if text is not None else None,
            "entered_at": row.entered_at,
            "back_dated": row.entered_at - row.felt_at > BACK_DATED_AFTER,
            "version": row.version,
            "edited_at": row.edited_at,
            "read_at": read_at,
        }
    )
