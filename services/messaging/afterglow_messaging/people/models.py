"""Messaging's copies of people, care and grants as auth tells them, and what its receiver notes."""

from afterglow_foundation.security_events.columns import (
    CareRelationshipColumns,
    FeedColumns,
    GrantColumns,
    PersonColumns,
    ReceivedEventColumns,
    RevokedSessionColumns,
)
from sqlalchemy import Index

from afterglow_messaging.base import Base


class PersonCopy(Base, PersonColumns, table=True):
    __tablename__ = "people"


class CareRelationship(Base, CareRelationshipColumns, table=True):
    __tablename__ = "care_relationships"
    __table_args__ = (
        Index("ix_care_relationships_therapist_id", "therapist_id", "client_id"),
        Index("ix_care_relationships_client_id", "client_id", "therapist_id"),
    )


class Grant(Base, GrantColumns, table=True):
    __tablename__ = "grants"
    __table_args__ = (
        Index("ix_grants_therapist_id", "therapist_id", "client_id"),
        Index("ix_grants_client_id", "client_id", "therapist_id"),
        Index("ix_grants_covered_id", "covered_id"),
    )


class RevokedSession(Base, RevokedSessionColumns, table=True):
    __tablename__ = "revoked_sessions"


class ReceivedEvent(Base, ReceivedEventColumns, table=True):
    __tablename__ = "received_events"


class EventFeed(Base, FeedColumns, table=True):
    __tablename__ = "event_feeds"
