"""Statements that migrations share: row-level security, the audit table and the key table, the same everywhere."""

import re
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from alembic import op

COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")
PERSON = "nullif(current_setting('app.person', true), '')::uuid"
ROLE = "nullif(current_setting('app.role', true), '')"


def secure_rows(table: str, policies: Mapping[tuple[str, str], str]) -> None:
    """Enable and force row-level security with one policy per command and role, and grant just those commands.

    `policies` maps (command, role) to the condition a row must meet, for example
    `{("SELECT", "portal_app"): f"client_id = {PERSON}"}`; what is not named stays closed.
    """
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for (command, role), condition in policies.items():
        name = f"{table.rsplit('.', maxsplit=1)[-1]}_{command.lower()}_{role}"
        op.execute(f"CREATE POLICY {name} ON {table} FOR {command} TO {role} {clause(command, condition)}")
        op.execute(f"GRANT {command} ON {table} TO {role}")


def clause(command: str, condition: str) -> str:
    if command not in COMMANDS:
        raise ValueError(f"unknown command {command}")
    using, check = f"USING ({condition})", f"WITH CHECK ({condition})"
    return {"INSERT": check, "UPDATE": f"{using} {check}"}.get(command, using)


def create_audit_events(service: str) -> None:
    """`audit_events`: inserted by app and worker, read by the auditor, changed by nobody."""
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid),
        sa.Column("actor_role", sa.String),
        sa.Column("subject_id", sa.Uuid),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("object_id", sa.Uuid),
        sa.Column("purpose", sa.String),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("session_id", sa.Uuid),
        sa.Column("request_id", sa.String),
    )
    secure_rows(
        "audit_events",
        {
            ("INSERT", f"{service}_app"): "true",
            ("INSERT", f"{service}_worker"): "true",
            ("SELECT", f"{service}_auditor"): "true",
        },
    )
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$
    """)
    op.execute("""
        CREATE TRIGGER audit_events_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)


def open_audit_to_admins(service: str, *indexed: str) -> None:
    """Let admins read events through the app: metadata, which is all there is. `indexed` are columns of people."""
    app = f"{service}_app"
    op.execute(
        f"CREATE POLICY audit_events_select_admin_{app} ON audit_events FOR SELECT TO {app} USING ({ROLE} = 'admin')"
    )
    op.execute(f"GRANT SELECT ON audit_events TO {app}")
    for column in indexed:
        op.create_index(f"ix_audit_events_{column}_id", "audit_events", [column, "id"])


def close_audit_to_admins(service: str, *indexed: str) -> None:
    """Undo `open_audit_to_admins`; whether the app may read at all is for the caller to say."""
    for column in indexed:
        op.drop_index(f"ix_audit_events_{column}_id", "audit_events")
    op.execute(f"DROP POLICY audit_events_select_admin_{service}_app ON audit_events")


def create_access_log(service: str, *actions: str) -> None:
    """The view `access_log`: what others opened of a client's, for that client, with names and roles and no session.

    It reads as its owner, whose own policies show a client what is about them, and the names of staff however long ago
    they left. The app reads the view; of the events themselves it shows a client nothing more than before.
    """
    owner, listed = f"{service}_owner", ", ".join(f"'{action}'" for action in actions)
    about_them = f"subject_id = {PERSON} AND {ROLE} = 'client'"
    op.execute(f"CREATE POLICY audit_events_select_{owner} ON audit_events FOR SELECT TO {owner} USING ({about_them})")
    op.execute(f"CREATE POLICY people_select_{owner} ON people FOR SELECT TO {owner} USING (role <> 'client')")
    op.execute(f"""
        CREATE VIEW access_log AS
        SELECT event.id, event.at, event.actor_id, staff.name AS actor_name, event.actor_role, event.action,
               event.object_id
        FROM audit_events AS event LEFT JOIN people AS staff ON staff.id = event.actor_id AND staff.role <> 'client'
        WHERE event.{about_them} AND event.actor_id <> event.subject_id AND event.outcome = 'success'
          AND event.action IN ({listed})
    """)  # noqa: S608  # constants of ours
    op.execute(f"GRANT SELECT ON access_log TO {service}_app")
    op.create_index(
        "ix_audit_events_access_log",
        "audit_events",
        ["subject_id", "id"],
        postgresql_where=sa.text("actor_id <> subject_id AND outcome = 'success'"),
    )


def drop_access_log(service: str) -> None:
    owner = f"{service}_owner"
    op.drop_index("ix_audit_events_access_log", "audit_events")
    op.execute("DROP VIEW access_log")
    op.execute(f"DROP POLICY people_select_{owner} ON people")
    op.execute(f"DROP POLICY audit_events_select_{owner} ON audit_events")


def drop_audit_events() -> None:
    op.drop_table("audit_events")
    op.execute("DROP FUNCTION refuse_change()")


def create_data_keys(service: str, policies: Mapping[tuple[str, str], str]) -> None:
    """`keys.data_keys`, in a schema of its own, with the service's own row policies."""
    op.execute("CREATE SCHEMA keys")
    op.execute(f"GRANT USAGE ON SCHEMA keys TO {service}_app, {service}_worker")
    op.create_table(
        "data_keys",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("key_version", sa.Integer, nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("owner_id"),
        schema="keys",
    )
    secure_rows("keys.data_keys", policies)


def drop_data_keys() -> None:
    op.drop_table("data_keys", schema="keys")
    op.execute("DROP SCHEMA keys")


def create_jobs(service: str) -> None:
    """Pgqueuer's tables in the schema `jobs`: the app may only enqueue, the worker role runs what is there.

    The statements are a file of ours, so that a migration stays what it was whatever version is installed; a test
    compares them with what the installed version wants. Row policies would say `true`: jobs hold ids and no client's
    data, and the app can read no payload.
    """
    for statement in re.split(r"\n\n(?=CREATE )", (Path(__file__).parent / "jobs/schema.sql").read_text()):
        op.execute(statement)
    app, worker = f"{service}_app", f"{service}_worker"
    op.execute(f"GRANT USAGE ON SCHEMA jobs TO {app}, {worker}")
    op.execute(f"GRANT USAGE ON SEQUENCE jobs.pgqueuer_id_seq TO {app}, {worker}")
    op.execute(f"GRANT INSERT, SELECT (id, entrypoint, priority, dedupe_key) ON jobs.pgqueuer TO {app}")
    op.execute(f"GRANT INSERT ON jobs.pgqueuer_log TO {app}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON jobs.pgqueuer TO {worker}")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON jobs.pgqueuer_log TO {worker}")
    op.execute(f"GRANT SELECT ON jobs.pgqueuer_statistics TO {worker}")


def drop_jobs() -> None:
    op.execute("DROP SCHEMA jobs CASCADE")
