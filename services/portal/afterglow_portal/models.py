"""Tables that belong to no room: the audit trail and the wrapped data keys."""

from afterglow_foundation.audit import AuditEventColumns
from afterglow_foundation.audit.access_log import log_index
from afterglow_foundation.sealing import DataKeyColumns
from sqlalchemy import Index

from afterglow_portal.base import Base


class AuditEvent(Base, AuditEventColumns, table=True):
    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_actor_id_id", "actor_id", "id"),
        Index("ix_audit_events_subject_id_id", "subject_id", "id"),
        log_index(),
    )


class DataKey(Base, DataKeyColumns, table=True):
    __tablename__ = "data_keys"
    __table_args__ = {"schema": "keys"}  # noqa: RUF012  # SQLAlchemy reads it once, nobody changes it
