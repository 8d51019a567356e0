"""From a body to columns and to an answer, and back from columns; notes are sealed and opened here only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.sealing import Binding, DataKey

from afterglow_portal.checkins.models import CheckIn, CheckInVersion, ContentColumns
from afterglow_portal.checkins.rules import is_back_dated
from afterglow_portal.checkins.schemas import CheckInBody, CheckInOut, Origin
from afterglow_portal.times import local_date
from afterglow_portal.visibility import Visibility

CURRENT, EARLIER = "check_ins", "check_in_versions"


def binding(table: str, row: UUID, owner: UUID) -> Binding:
    return Binding(service="portal", table=table, column="note", row=row, owner=owner)


def columns_of(body: CheckInBody, check_in_id: UUID, entered_at: datetime, key: DataKey) -> dict[str, Any]:
    """The content columns of a current row, its note sealed for that row and the key's owner."""
    note = key.seal(body.note, binding(CURRENT, check_in_id, key.owner)) if body.note else None
    return {
        "mood": body.mood,
        "energy": body.energy,
        "anxiety": body.anxiety,
        "items": body.items.given(),
        "words": list(body.words),
        "tags": list(body.tags),
        "note": note,
        "felt_at": body.felt_at,
        "time_zone": body.time_zone,
        "local_date": local_date(body.felt_at, body.time_zone),
        "visibility": str(body.visibility),
        "back_dated": is_back_dated(body, entered_at),
    }


def acknowledged(
    body: CheckInBody,
    *,
    check_in_id: UUID,
    client_id: UUID,
    entered_at: datetime,
    origin: Origin,
    version: int = 1,
    edited_at: datetime | None = None,
) -> CheckInOut:
    """The answer to a body that was stored. The same body gives the same answer again, whatever came after."""
    return CheckInOut(
        id=check_in_id,
        client_id=client_id,
        mood=body.mood,
        energy=body.energy,
        anxiety=body.anxiety,
        items=body.items.given(),
        words=list(body.words),
        note=body.note,
        tags=list(body.tags),
        felt_at=body.felt_at,
        entered_at=entered_at,
        time_zone=body.time_zone,
        local_date=local_date(body.felt_at, body.time_zone),
        visibility=body.visibility,
        back_dated=is_back_dated(body, entered_at),
        origin=origin,
        version=version,
        edited_at=edited_at,
    )


def shown(row: CheckIn, key: DataKey | None) -> CheckInOut:
    """A current row as its reader sees it. Raises SealBrokenError when its note does not open."""
    note = opened(row.note, binding(CURRENT, row.id, row.client_id), key)
    return from_columns(row, note, row.id, row, version=row.version, edited_at=row.edited_at)


def shown_version(row: CheckInVersion, key: DataKey | None, current: CheckIn) -> CheckInOut:
    note = opened(row.note, binding(EARLIER, row.id, row.client_id), key)
    edited_at = row.made_at if row.version > 1 else None
    return from_columns(row, note, row.check_in_id, current, version=row.version, edited_at=edited_at)


def opened(note: bytes | None, place: Binding, key: DataKey | None) -> str | None:
    if note is None:
        return None
    if key is None:
        raise LookupError("a sealed note without a data key that may be read")
    return key.open(note, place)


def from_columns(
    row: CheckIn | CheckInVersion,
    note: str | None,
    check_in_id: UUID,
    current: CheckIn,
    *,
    version: int,
    edited_at: datetime | None,
) -> CheckInOut:
    return CheckInOut(
        id=check_in_id,
        client_id=row.client_id,
        note=note,
        entered_at=current.entered_at,
        origin=Origin(current.origin),
        version=version,
        edited_at=edited_at,
        visibility=Visibility(row.visibility),
        **{name: getattr(row, name) for name in ContentColumns.model_fields if name not in {"note", "visibility"}},
    )
