"""From bodies to columns and back; what was answered is sealed and opened here only."""

from uuid import UUID

from afterglow_foundation.sealing import DataKey

from afterglow_portal.course.content import Names, named
from afterglow_portal.dosing_day.ranges import outside
from afterglow_portal.journal.content import binding
from afterglow_portal.long_term.models import LongTermCheck
from afterglow_portal.long_term.schemas import LongTermBody, LongTermContent, LongTermOut

TABLE = "long_term_checks"


def sealed(body: LongTermBody, row: UUID, key: DataKey) -> bytes:
    content = LongTermContent.model_construct(**body.model_dump(include=set(LongTermContent.model_fields)))
    return key.seal(content.model_dump_json(), binding(TABLE, "content", row, key.owner))


def check_out(row: LongTermCheck, key: DataKey, names: Names) -> LongTermOut:
    """Raises SealBrokenError where it does not open."""
    opened = key.open(row.content, binding(TABLE, "content", row.id, row.client_id))
    content = LongTermContent.model_validate_json(opened)
    return LongTermOut(
        **content.model_dump(),
        id=row.id,
        asked_on=row.asked_on,
        outside=list(outside(content)),
        made_at=row.made_at,
        made_by=named(row.made_by, names),
    )
