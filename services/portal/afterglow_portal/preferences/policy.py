"""A client's versions, the newest first."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_portal.preferences.models import SupportPreferences


def versions_of(client: UUID) -> Select[SupportPreferences]:
    newest = col(SupportPreferences.version).desc()
    return select(SupportPreferences).where(col(SupportPreferences.client_id) == client).order_by(newest)
