"""A client's long-term questions, the newest first."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_portal.long_term.models import LongTermCheck


def checks_of(client: UUID) -> Select[LongTermCheck]:
    newest = col(LongTermCheck.asked_on).desc(), col(LongTermCheck.id).desc()
    return select(LongTermCheck).where(col(LongTermCheck.client_id) == client).order_by(*newest)
