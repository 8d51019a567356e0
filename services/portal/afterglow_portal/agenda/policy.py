"""Which pinned lines a caller may read: one's own; of a client those that the row policy shows."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_portal.agenda.models import PinnedLine


def on_agenda(client: UUID) -> Select[PinnedLine]:
    """To whom a line is shown (by name and in care, or standing in) is the row policy's to say: one rule, one place."""
    return select(PinnedLine).where(col(PinnedLine.client_id) == client, col(PinnedLine.settled_at).is_(None))
