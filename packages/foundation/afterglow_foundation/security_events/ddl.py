"""Statements that the receivers' migrations share."""

import sqlalchemy as sa
from alembic import op

from afterglow_foundation.ddl import PERSON, secure_rows

RECEIVED_FOR, REVOKED_FOR = "interval '14 days'", "interval '31 days'"


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def create_feed(service: str, *, sessions_seen: str = f"person_id = {PERSON}") -> None:
    """`received_events`, `event_feeds` and `revoked_sessions`: the worker's, apart from the last, which the app reads.

    `sessions_seen` is the condition under which the app role sees a revoked session.
    """
    worker = f"{service}_worker"
    op.create_table("received_events", sa.Column("id", sa.Uuid, primary_key=True), moment("received_at"))
    op.create_table("event_feeds", sa.Column("receiver", sa.String, primary_key=True), moment("taken_at"))
    op.create_table(
        "revoked_sessions",
        sa.Column("session_id", sa.Uuid, primary_key=True),
        sa.Column("person_id", sa.Uuid, nullable=False),
        moment("revoked_at"),
    )
    secure_rows(
        "received_events",
        {
            ("SELECT", worker): "true",
            ("INSERT", worker): "true",
            ("DELETE", worker): f"received_at < now() - {RECEIVED_FOR}",
        },
    )
    secure_rows("event_feeds", {(command, worker): "true" for command in ("SELECT", "INSERT", "UPDATE")})
    secure_rows(
        "revoked_sessions",
        {
            ("SELECT", f"{service}_app"): sessions_seen,
            ("SELECT", worker): "true",
            ("INSERT", worker): "true",
            ("DELETE", worker): f"revoked_at < now() - {REVOKED_FOR}",
        },
    )


def create_grants(service: str) -> None:
    """`grants`: seen by the two people it is about, written by the worker."""
    op.create_table(
        "grants",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("client_id", sa.Uuid, nullable=False),
        sa.Column("therapist_id", sa.Uuid, nullable=False),
        sa.Column("reason_code", sa.String),
        moment("starts_at"),
        moment("ends_at"),
        moment("as_of"),
    )
    op.create_index("ix_grants_therapist_id", "grants", ["therapist_id", "client_id"])
    op.create_index("ix_grants_client_id", "grants", ["client_id", "therapist_id"])
    secure_rows(
        "grants",
        {
            ("SELECT", f"{service}_app"): f"client_id = {PERSON} OR therapist_id = {PERSON}",
            **{(command, f"{service}_worker"): "true" for command in ("SELECT", "INSERT", "UPDATE")},
        },
    )


def drop_feed() -> None:
    for table in ("revoked_sessions", "event_feeds", "received_events"):
        op.drop_table(table)
