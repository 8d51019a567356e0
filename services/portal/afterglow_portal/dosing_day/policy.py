"""A client's records of one session, oldest first. Who may write is the course's rule, who reads that of care."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_portal.dosing_day.models import Checklist, RecordColumns
from afterglow_portal.dosing_day.steps import List


def records_of(table: type[RecordColumns], client: UUID, session_id: UUID) -> Select[Any]:
    of_it = col(table.client_id) == client, col(table.session_id) == session_id
    return select(table).where(*of_it).order_by(col(table.made_at), col(table.id))


def lists_of(client: UUID, session_id: UUID, which: List) -> Select[Any]:
    return records_of(Checklist, client, session_id).where(col(Checklist.kind) == which)
