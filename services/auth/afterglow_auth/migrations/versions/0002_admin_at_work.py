"""What admins do: invitations, resets, proposals; people and care change through the app, for admins only.

The app's role still finds rows before anybody is known, so reading and signing in stay open to it. What it may
change beyond that depends on `app.role`: policies compare it where whole rows come or change, a trigger where single
columns of a row do, since a policy cannot tell columns apart. Nobody signed in may only take up a link that is open,
which uses it up. Staff come into being, and get a link for another password, only where another admin approved it: the
policies look for the proposal. The worker's role carries out what has waited its day, and serves the operator.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APP, WORKER = "auth_app", "auth_worker"
BY_ADMIN = f"{ROLE} = 'admin'"
OPEN_LINK = f"used_at IS NULL AND withdrawn_at IS NULL AND ({BY_ADMIN} OR expires_at > now())"
OPEN_PROPOSAL = "carried_out_at IS NULL AND withdrawn_at IS NULL AND failed_at IS NULL"
A_CLIENT = "EXISTS (SELECT FROM people WHERE people.id = person_id AND people.role = 'client')"
A_PROPOSAL = "SELECT FROM proposals p WHERE"
APPROVED = f"p.approved_by = {PERSON} AND p.carried_out_at IS NOT NULL"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"""
        CREATE FUNCTION only_for_admins() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_user = '{APP}' AND {ROLE} IS DISTINCT FROM 'admin' THEN
                RAISE EXCEPTION 'permission denied: only admins change this (%)', TG_NAME
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        END $$
    """)
    create_proposals()
    open_people()
    open_care_relationships()
    create_links("invitations", sa.Column("body_digest", sa.LargeBinary))
    create_links("resets")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("resets", "invitations"):
        op.drop_table(table)
    op.execute(f"REVOKE INSERT, UPDATE ON care_relationships FROM {APP}")
    for command in ("insert", "update"):
        op.execute(f"DROP POLICY care_relationships_{command}_{APP} ON care_relationships")
    op.execute("DROP TRIGGER people_of_admins ON people")
    op.execute(f"DROP POLICY people_insert_{APP} ON people")
    op.execute(f"REVOKE INSERT ON people FROM {APP}")
    op.execute(f"REVOKE UPDATE ON people FROM {APP}")
    op.drop_column("people", "joined_at")
    op.execute(f"GRANT UPDATE (last_sign_in_at, password_hash) ON people TO {APP}")
    # Whoever has no password cannot sign in; the older shape wants a word there that no password fits.
    without_force("people", "UPDATE people SET password_hash = '' WHERE password_hash IS NULL")
    op.alter_column("people", "password_hash", nullable=False)
    op.drop_table("proposals")
    op.execute("DROP FUNCTION only_for_admins()")


def moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def person(name: str, *, nullable: bool = True, index: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid, sa.ForeignKey("people.id"), nullable=nullable, index=index)


def without_force(table: str, statement: str) -> None:
    """Run a statement on all rows: the owner is under row security too, and no policy names it."""
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(statement)
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def create_proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("act", sa.String, nullable=False),
        person("subject_id", index=True),
        sa.Column("details", postgresql.JSONB, nullable=False),
        sa.Column("body_digest", sa.LargeBinary, nullable=False),
        person("proposed_by", nullable=False),
        moment("proposed_at", nullable=False),
        moment("due_at"),
        person("approved_by"),
        person("withdrawn_by"),
        moment("withdrawn_at"),
        moment("carried_out_at"),
        moment("failed_at"),
        sa.Column("failed_because", sa.String),
        sa.CheckConstraint("act IN ('invite', 'reset')", name=op.f("ck_proposals_act")),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_proposals_second_person")),
        sa.CheckConstraint(
            "num_nonnulls(carried_out_at, withdrawn_at, failed_at) <= 1", name=op.f("ck_proposals_one_end")
        ),
        sa.CheckConstraint("(act = 'reset') = (subject_id IS NOT NULL)", name=op.f("ck_proposals_subject")),
    )
    secure_rows(
        "proposals",
        {
            ("SELECT", APP): BY_ADMIN,
            ("INSERT", APP): f"{BY_ADMIN} AND proposed_by = {PERSON} AND {OPEN_PROPOSAL} AND approved_by IS NULL",
            ("SELECT", WORKER): "true",
            ("UPDATE", WORKER): "true",
        },
    )
    # The app ends a proposal for whoever is signed in: by approving somebody else's, or by withdrawing it.
    op.execute(f"""
        CREATE POLICY proposals_update_{APP} ON proposals FOR UPDATE TO {APP}
        USING ({BY_ADMIN} AND {OPEN_PROPOSAL})
        WITH CHECK ({BY_ADMIN} AND failed_at IS NULL AND (
            (carried_out_at IS NOT NULL AND approved_by = {PERSON} AND proposed_by <> {PERSON})
            OR (withdrawn_at IS NOT NULL AND withdrawn_by = {PERSON} AND approved_by IS NULL)
        ))
    """)
    op.execute(f"GRANT UPDATE (approved_by, carried_out_at, withdrawn_at, withdrawn_by) ON proposals TO {APP}")


def open_people() -> None:
    op.add_column("people", moment("joined_at"))
    without_force("people", "UPDATE people SET joined_at = created_at")
    op.alter_column("people", "password_hash", nullable=True)
    # Nobody makes an account with a password that they know.
    op.execute(f"""
        CREATE POLICY people_insert_{APP} ON people FOR INSERT TO {APP} WITH CHECK (
            {BY_ADMIN} AND password_hash IS NULL AND joined_at IS NULL AND disabled_at IS NULL
            AND (people.role = 'client' OR EXISTS (
                SELECT FROM proposals p WHERE p.act = 'invite' AND {APPROVED}
                AND p.details ->> 'email' = people.email AND p.details ->> 'role' = people.role
            ))
        )
    """)
    op.execute(f"GRANT INSERT ON people TO {APP}")
    op.execute(f"GRANT UPDATE (disabled_at, joined_at, locale, name, time_zone) ON people TO {APP}")
    op.execute("""
        CREATE TRIGGER people_of_admins BEFORE UPDATE OF disabled_at, locale, name, time_zone ON people
        FOR EACH ROW EXECUTE FUNCTION only_for_admins()
    """)


def open_care_relationships() -> None:
    nobody_themselves = f"{BY_ADMIN} AND {PERSON} NOT IN (client_id, therapist_id)"
    for command, clause in (
        ("INSERT", f"WITH CHECK ({nobody_themselves})"),
        ("UPDATE", f"USING ({nobody_themselves} AND ended_at IS NULL) WITH CHECK (ended_at IS NOT NULL)"),
    ):
        name = f"care_relationships_{command.lower()}_{APP}"
        op.execute(f"CREATE POLICY {name} ON care_relationships FOR {command} TO {APP} {clause}")
    op.execute(f"GRANT INSERT, UPDATE (ended_at) ON care_relationships TO {APP}")


def create_links(table: str, *more: sa.Column[object]) -> None:
    act = {"invitations": "invite", "resets": "reset"}[table]
    approved = f"EXISTS ({A_PROPOSAL} p.id = {table}.id AND p.act = '{act}' AND {APPROVED})"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, primary_key=True),
        person("person_id", nullable=False, index=True),
        person("created_by"),
        moment("created_at", nullable=False),
        moment("expires_at", nullable=False),
        moment("used_at"),
        moment("withdrawn_at"),
        *more,
    )
    secure_rows(
        table,
        {
            ("SELECT", APP): "true",
            ("INSERT", APP): f"{BY_ADMIN} AND used_at IS NULL AND withdrawn_at IS NULL AND ({A_CLIENT} OR {approved})",
            ("SELECT", WORKER): "true",
            ("INSERT", WORKER): "true",
            ("UPDATE", WORKER): "true",
        },
    )
    op.execute(f"""
        CREATE POLICY {table}_update_{APP} ON {table} FOR UPDATE TO {APP}
        USING ({OPEN_LINK}) WITH CHECK ({BY_ADMIN} OR used_at IS NOT NULL)
    """)
    op.execute(f"GRANT UPDATE (expires_at, used_at, withdrawn_at) ON {table} TO {APP}")
    op.execute(f"""
        CREATE TRIGGER {table}_of_admins BEFORE UPDATE OF expires_at, withdrawn_at ON {table}
        FOR EACH ROW EXECUTE FUNCTION only_for_admins()
    """)
