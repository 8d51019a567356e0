"""The metadata of this service's tables, and the two tables that every service has."""

from afterglow_foundation.audit import AuditEventColumns
from afterglow_foundation.audit.access_log import log_index
from afterglow_foundation.database import make_metadata
from afterglow_foundation.sealing import DataKeyColumns
from sqlalchemy import Index
from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Base(SQLModel, registry=registry(metadata=make_metadata())):
    """Base of every table of messaging."""


class AuditEvent(Base, AuditEventColumns, table=True):
    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_actor_id_id", "actor_id", "id"),
        Index("ix_audit_events_subject_id_id", "subject_id", "id"),
        log_index(),
    )


class DataKeyRow(Base, DataKeyColumns, table=True):
    """One wrapped data key per conversation (`owner_id`)."""

    __tablename__ = "data_keys"
    __table_args__ = {"schema": "keys"}
