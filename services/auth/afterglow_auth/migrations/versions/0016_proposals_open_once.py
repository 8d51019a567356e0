"""A proposal that was carried out opens what it was for in that moment only, not for good."""

from afterglow_foundation.ddl import PERSON
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

APP = "auth_app"
CARRIED_OUT = "p.carried_out_at IS NOT NULL"
# Services and database may not agree on the time to the second.
CARRIED_OUT_NOW = (
    "p.carried_out_at BETWEEN transaction_timestamp() - interval '1 minute' AND clock_timestamp() + interval '1 minute'"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    ask_for_two(CARRIED_OUT_NOW)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    ask_for_two(CARRIED_OUT)


def ask_for_two(carried_out: str) -> None:
    approved = f"p.subject_id = NEW.id AND p.approved_by = {PERSON} AND {carried_out}"
    op.execute(f"""
        CREATE OR REPLACE FUNCTION staff_take_two() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF current_user <> '{APP}' THEN
                RETURN NEW;
            END IF;
            IF NEW.role IS DISTINCT FROM OLD.role AND NOT EXISTS (
                SELECT FROM proposals p WHERE p.act = 'change_role' AND p.details ->> 'role' = NEW.role AND {approved}
            ) THEN
                RAISE EXCEPTION 'permission denied: a role takes a second person'
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
            IF NEW.disabled_at IS NULL AND OLD.disabled_at < now() - interval '1 day' AND OLD.joined_at IS NOT NULL
               AND OLD.role <> 'client' AND NOT EXISTS (SELECT FROM proposals p WHERE p.act = 'enable' AND {approved})
            THEN
                RAISE EXCEPTION 'permission denied: this takes a second person'
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        END $$
    """)  # noqa: S608  # constants of ours
