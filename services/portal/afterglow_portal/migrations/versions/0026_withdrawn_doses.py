"""A dose that was never given can be withdrawn: the record keeps it, with who, when and why; nothing counts it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

WORKER = "portal_worker"
RECENT = "given_at > now() - interval '5 days'"
COUNTED = "AND given.withdrawn_at IS NULL"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for column in withdrawal():
        op.add_column("administrations", column)
    op.create_check_constraint(
        "withdrawn_why", "administrations", "num_nulls(withdrawn_at, withdrawn_by, withdrawal) IN (0, 3)"
    )
    replace_worker_policy(f"withdrawn_at IS NULL AND {RECENT}")
    replace_impairment(COUNTED)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    replace_impairment("")
    replace_worker_policy(RECENT)
    for column in withdrawal():
        op.drop_column("administrations", column.name)


def withdrawal() -> list[sa.Column[Any]]:
    """`withdrawal` are the words, sealed."""
    return [
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_by", sa.Uuid),
        sa.Column("withdrawal", sa.LargeBinary),
    ]


def replace_worker_policy(rows: str) -> None:
    """Of which doses whoever plans reminders learns the time."""
    name = f"administrations_select_{WORKER}"
    op.execute(f"DROP POLICY {name} ON administrations")
    op.execute(f"CREATE POLICY {name} ON administrations FOR SELECT TO {WORKER} USING ({rows})")


def replace_impairment(counted: str) -> None:
    """As 0015 made it, from the doses that were given."""
    op.execute(f"""
        CREATE OR REPLACE FUNCTION impaired_until(client uuid) RETURNS timestamptz
        LANGUAGE sql STABLE SET search_path = public, pg_temp BEGIN ATOMIC
            SELECT max(dose.morning) FROM (
                SELECT (date_trunc('day', given.given_at AT TIME ZONE person.time_zone) + interval '1 day 6 hours')
                       AT TIME ZONE person.time_zone AS morning
                FROM administrations AS given JOIN people AS person ON person.id = given.client_id
                WHERE given.client_id = client AND given.given_at > now() - interval '3 days' {counted}
            ) AS dose
            WHERE dose.morning > now();
        END
    """)  # noqa: S608  # constants of ours
