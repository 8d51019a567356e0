"""Who asks is looked up once per statement, no longer for each row: what 500 clients cost beside 20 (decision 0061).

The rules stay word for word as the revisions before this one have them. Only where they read `app.person` and
`app.role` they now read them in a subquery that depends on no row, which the planner runs once.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0033"
branch_labels = None
depends_on = None

# The tables that a caseload walks, many rows for each client, and the rule of who is in care.
POLICIES = (
    ("administrations", "administrations_select_portal_app"),
    ("care_relationships", "care_relationships_select_portal_app"),
    ("care_relationships", "care_relationships_select_portal_owner"),
    ("check_ins", "check_ins_select_portal_app"),
    ("check_ins", "check_ins_select_portal_owner"),
    ("course_sessions", "course_sessions_select_portal_app"),
    ("journal_shares", "journal_shares_select_portal_app"),
)
FUNCTIONS = ("care_open_to_caller", "clients_in_care", "sharing_bounds")
# As PostgreSQL writes them down, and with the name that it gives to a subquery's column.
FOR_EACH_ROW = (
    "(NULLIF(current_setting('app.person'::text, true), ''::text))::uuid",
    "NULLIF(current_setting('app.role'::text, true), ''::text)",
)
ONCE = re.compile(rf"\( ?SELECT ({'|'.join(map(re.escape, FOR_EACH_ROW))})(?: AS \"nullif\")?\)")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    rewrite(re.compile("|".join(map(re.escape, FOR_EACH_ROW))), r"(SELECT \g<0>)")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    rewrite(ONCE, r"\g<1>")


def rewrite(found: re.Pattern[str], written: str) -> None:
    """Replace in every rule. Raise where there is nothing to replace: a rule that reads otherwise was not meant."""
    for table, policy in POLICIES:
        rule = one(f"SELECT qual FROM pg_policies WHERE tablename = '{table}' AND policyname = '{policy}'")  # noqa: S608  # constants of ours
        op.execute(f"ALTER POLICY {policy} ON {table} USING ({replaced(rule, found, written)})")
    for function in FUNCTIONS:
        rule = one(f"SELECT pg_get_functiondef('{function}'::regproc)")
        op.execute(replaced(rule, found, written))


def one(question: str) -> str:
    return str(op.get_bind().execute(sa.text(question)).scalar_one())


def replaced(rule: str, found: re.Pattern[str], written: str) -> str:
    changed, number = found.subn(written, rule)
    if not number:
        raise RuntimeError(f"nothing to replace in {rule}")
    return changed
