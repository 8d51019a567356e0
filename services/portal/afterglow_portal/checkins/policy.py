"""Which check-ins a caller may read: the scoped selects. Row-level security says the same underneath."""

from uuid import UUID

from afterglow_foundation.callers import Caller
from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_portal.checkins.models import CheckIn
from afterglow_portal.visibility import Visibility


def readable(caller: Caller, client: UUID) -> Select[CheckIn]:
    """All of one's own; of a client in care (`people.policy.whose_record` found so) what is shared now.

    What was erased is nobody's to read. An entry kept for the next session stays closed until a session releases it.
    """
    rows = select(CheckIn).where(col(CheckIn.client_id) == client, col(CheckIn.erased_at).is_(None))
    return rows if caller.id == client else rows.where(col(CheckIn.visibility) == Visibility.therapist)
