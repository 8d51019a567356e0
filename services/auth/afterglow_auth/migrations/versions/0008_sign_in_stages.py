"""Sign-in in stages, terms accepted, links for a forgotten password, and what a session's browser calls itself.

A stage is found by its browser's cookie before anybody is signed in, as a session is; so its policies say `true`, and
whatever ends a person's sessions (the worker does, too) takes their stages away. People may correct their own name.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APP, WORKER = "auth_app", "auth_worker"
OPEN_LINK = "used_at IS NULL AND withdrawn_at IS NULL AND expires_at > now()"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("sessions", sa.Column("device", sa.String))
    create_stages()
    create_acceptances()
    create_recoveries()
    let_people_correct_their_name()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER people_of_themselves ON people")
    op.execute("DROP TRIGGER people_of_admins ON people")
    op.execute("""
        CREATE TRIGGER people_of_admins BEFORE UPDATE OF disabled_at, locale, name, time_zone ON people
        FOR EACH ROW EXECUTE FUNCTION only_for_admins()
    """)
    op.execute("DROP FUNCTION only_for_admins_or_oneself()")
    for table in ("recoveries", "terms_acceptances", "sign_in_stages"):
        op.drop_table(table)
    op.drop_column("sessions", "device")


def moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def person(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.Uuid, sa.ForeignKey("people.id"), nullable=nullable, index=not nullable)


def create_stages() -> None:
    op.create_table(
        "sign_in_stages",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("cookie_hash", sa.LargeBinary, nullable=False, unique=True),
        person("person_id"),
        sa.Column("opened_by", sa.String, nullable=False),
        sa.Column("amr", sa.ARRAY(sa.String), nullable=False),
        sa.Column("ask", sa.String, nullable=False),
        sa.Column("goes_to", sa.String, nullable=False),
        sa.Column("factor_declined", sa.Boolean, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    secure_rows(
        "sign_in_stages",
        {
            **{(command, APP): "true" for command in ("SELECT", "INSERT", "UPDATE", "DELETE")},
            **{(command, WORKER): "true" for command in ("SELECT", "DELETE")},
        },
    )


def create_acceptances() -> None:
    op.create_table(
        "terms_acceptances",
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        moment("accepted_at"),
    )
    secure_rows(
        "terms_acceptances", {(command, role): "true" for command in ("SELECT", "INSERT") for role in (APP, WORKER)}
    )


def create_recoveries() -> None:
    op.create_table(
        "recoveries",
        sa.Column("id", sa.Uuid, primary_key=True),
        person("person_id"),
        person("created_by", nullable=True),
        moment("created_at"),
        moment("expires_at"),
        moment("used_at", nullable=True),
        moment("withdrawn_at", nullable=True),
    )
    secure_rows(
        "recoveries",
        {("SELECT", APP): "true", **{(command, WORKER): "true" for command in ("SELECT", "INSERT", "UPDATE")}},
    )
    op.execute(f"""
        CREATE POLICY recoveries_update_{APP} ON recoveries FOR UPDATE TO {APP}
        USING ({OPEN_LINK}) WITH CHECK (used_at IS NOT NULL)
    """)
    op.execute(f"GRANT UPDATE (used_at) ON recoveries TO {APP}")


def let_people_correct_their_name() -> None:
    op.execute(f"""
        CREATE FUNCTION only_for_admins_or_oneself() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_user = '{APP}' AND {ROLE} IS DISTINCT FROM 'admin' AND {PERSON} IS DISTINCT FROM NEW.id THEN
                RAISE EXCEPTION 'permission denied: only admins and whose it is change this (%)', TG_NAME
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        END $$
    """)
    op.execute("DROP TRIGGER people_of_admins ON people")
    op.execute("""
        CREATE TRIGGER people_of_admins BEFORE UPDATE OF disabled_at ON people
        FOR EACH ROW EXECUTE FUNCTION only_for_admins()
    """)
    op.execute("""
        CREATE TRIGGER people_of_themselves BEFORE UPDATE OF locale, name, time_zone ON people
        FOR EACH ROW EXECUTE FUNCTION only_for_admins_or_oneself()
    """)
