"""Covers are told of in conversations: whoever is covered for sees that, and both see the name of who stands in."""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON
from alembic import op

revision = "0018"
down_revision = "0015"
branch_labels = None
depends_on = None

APP = "messaging_app"
PARTIES = f"client_id = {PERSON} OR therapist_id = {PERSON}"
COVERED = f"kind = 'cover' AND covered_id = {PERSON}"
# The subqueries see only the caller's own care relationships and grants.
KNOWN = f"""id = {PERSON} OR EXISTS (
    SELECT FROM care_relationships AS care WHERE people.id IN (care.client_id, care.therapist_id)
)"""
STANDS_IN = "EXISTS (SELECT FROM grants AS cover WHERE cover.kind = 'cover' AND cover.therapist_id = people.id)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("grants", sa.Column("covered_id", sa.Uuid))
    op.create_index("ix_grants_covered_id", "grants", ["covered_id"])
    op.execute(f"ALTER POLICY grants_select_{APP} ON grants USING ({PARTIES} OR {COVERED})")
    op.execute(f"ALTER POLICY people_select_{APP} ON people USING ({KNOWN} OR {STANDS_IN})")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"ALTER POLICY people_select_{APP} ON people USING ({KNOWN})")
    op.execute(f"ALTER POLICY grants_select_{APP} ON grants USING ({PARTIES})")
    op.drop_index("ix_grants_covered_id", "grants")
    op.drop_column("grants", "covered_id")
