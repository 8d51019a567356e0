"""Roles change and closed staff accounts open again with a second person; exports can be held.

The database asks for the second person too: a role changes, and a member of the staff whose account was closed for more
than a day is let in again, only in the transaction in which another admin's proposal of just that is carried out.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APP = "auth_app"
ACTS = ("change_role", "enable", "invite", "reset", "reset_factors")
EARLIER = ("invite", "reset", "reset_factors")
APPROVED = f"p.subject_id = NEW.id AND p.approved_by = {PERSON} AND p.carried_out_at IS NOT NULL"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    name_acts(ACTS)
    op.add_column("people", sa.Column("exports_held", sa.Boolean, nullable=False, server_default=sa.false()))
    op.alter_column("people", "exports_held", server_default=None)
    op.execute(f"""
        CREATE FUNCTION staff_take_two() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_user <> '{APP}' THEN
                RETURN NEW;
            END IF;
            IF NEW.role IS DISTINCT FROM OLD.role AND NOT EXISTS (
                SELECT FROM proposals p WHERE p.act = 'change_role' AND p.details ->> 'role' = NEW.role AND {APPROVED}
            ) THEN
                RAISE EXCEPTION 'permission denied: a role takes a second person'
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
            IF NEW.disabled_at IS NULL AND OLD.disabled_at < now() - interval '1 day' AND OLD.joined_at IS NOT NULL
               AND OLD.role <> 'client' AND NOT EXISTS (SELECT FROM proposals p WHERE p.act = 'enable' AND {APPROVED})
            THEN
                RAISE EXCEPTION 'permission denied: this takes a second person'
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        END $$
    """)  # noqa: S608  # constants of ours
    op.execute("""
        CREATE TRIGGER people_take_two BEFORE UPDATE OF role, disabled_at ON people
        FOR EACH ROW EXECUTE FUNCTION staff_take_two()
    """)
    op.execute("""
        CREATE TRIGGER people_held_by_admins BEFORE UPDATE OF exports_held, role ON people
        FOR EACH ROW EXECUTE FUNCTION only_for_admins()
    """)
    op.execute(f"GRANT UPDATE (exports_held, role) ON people TO {APP}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"REVOKE UPDATE (exports_held, role) ON people FROM {APP}")
    op.execute("DROP TRIGGER people_held_by_admins ON people")
    op.execute("DROP TRIGGER people_take_two ON people")
    op.execute("DROP FUNCTION staff_take_two()")
    op.drop_column("people", "exports_held")
    op.execute("ALTER TABLE proposals NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM proposals WHERE act IN ('change_role', 'enable')")
    op.execute("ALTER TABLE proposals FORCE ROW LEVEL SECURITY")
    name_acts(EARLIER)


def name_acts(acts: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_proposals_act"), "proposals", type_="check")
    listed = ", ".join(f"'{act}'" for act in acts)
    op.create_check_constraint(op.f("ck_proposals_act"), "proposals", f"act IN ({listed})")
