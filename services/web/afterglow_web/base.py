"""The base of web's tables, and the two tables every service has."""

from afterglow_foundation.audit import AuditEventColumns
from afterglow_foundation.database import make_metadata
from afterglow_foundation.sealing import DataKeyColumns
from sqlalchemy import Index
from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Base(SQLModel, registry=registry(metadata=make_metadata())):
    """Each service has its own base: services never share metadata."""


class AuditEvent(Base, AuditEventColumns, table=True):
    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_actor_id_id", "actor_id", "id"),
        Index("ix_audit_events_subject_id_id", "subject_id", "id"),
    )


class DataKey(Base, DataKeyColumns, table=True):
    __tablename__ = "data_keys"
    __table_args__ = {"schema": "keys"}
