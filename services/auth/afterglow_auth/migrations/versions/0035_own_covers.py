"""A therapist names who stands in for them, and either of the two ends it."""

from afterglow_foundation.ddl import PERSON, ROLE
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

APP = "auth_app"
BY_THERAPIST = f"{ROLE} = 'therapist'"
OWN_COVER = f"{BY_THERAPIST} AND {PERSON} = therapist_id AND asked_by = {PERSON} AND ended_at IS NULL"
IN_IT = f"{BY_THERAPIST} AND {PERSON} IN (therapist_id, covering_id)"
OF_OWN_COVER = f"""
    {BY_THERAPIST} AND kind = 'cover'
    AND EXISTS (SELECT FROM covers AS own WHERE own.id = cover_id AND own.therapist_id = {PERSON}
                AND own.covering_id = grants.therapist_id AND own.starts_at = grants.starts_at
                AND own.ends_at = grants.ends_at)
    AND EXISTS (SELECT FROM care_relationships AS care WHERE care.client_id = grants.client_id
                AND care.therapist_id = {PERSON} AND care.ended_at IS NULL)
"""  # noqa: S608  # constants of ours
OF_COVER = f"""
    {BY_THERAPIST} AND kind = 'cover'
    AND EXISTS (SELECT FROM covers AS own WHERE own.id = cover_id AND {PERSON} IN (own.therapist_id, own.covering_id))
"""  # constants of ours
POLICIES = {
    ("covers", "INSERT"): f"WITH CHECK ({OWN_COVER})",
    ("covers", "UPDATE"): f"USING ({IN_IT} AND ended_at IS NULL) WITH CHECK ({IN_IT} AND ended_at IS NOT NULL)",
    ("grants", "INSERT"): f"WITH CHECK ({OF_OWN_COVER})",
    ("grants", "UPDATE"): (
        f"USING ({OF_COVER} AND ends_at > now()) WITH CHECK ({OF_COVER} AND (ends_at <= now() OR ends_at = starts_at))"
    ),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for (table, command), rule in POLICIES.items():
        op.execute(f"CREATE POLICY {table}_{command.lower()}_own_{APP} ON {table} FOR {command} TO {APP} {rule}")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table, command in POLICIES:
        op.execute(f"DROP POLICY {table}_{command.lower()}_own_{APP} ON {table}")
