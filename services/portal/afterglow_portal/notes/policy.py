"""Which summaries there are for a caller: whoever is in care reads all, the client those that are not withheld."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_portal.notes.models import SessionSummary


def summaries_of(client: UUID) -> Select[SessionSummary]:
    """A client's; that they do not see one withheld is the row policy's to say: one rule, one place."""
    return select(SessionSummary).where(col(SessionSummary.client_id) == client)
