"""A mark for each client that changes with every check-in of theirs that is shared, or was (decision 0071).

By it a caseload knows of whom it need not read thirty days again. The owner writes it, for whoever writes a check-in;
of whom a caller reads everything shared, they see the mark, and of nobody else.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import secure_rows
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

APP, OWNER = "portal_app", "portal_owner"
FREE = "client_id IN (SELECT free.client_id FROM clients_read_freely() AS free)"
# What came and what went, of each kind of write; an update is both.
WRITES = {"inserted": "INSERT", "updated": "UPDATE", "updated_from": "UPDATE", "deleted": "DELETE"}
WENT = ("updated_from", "deleted")
DRAWN = f"random({-(2**63)}, {2**63 - 1})"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "check_in_marks",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("mark", sa.BigInteger, nullable=False),
    )
    writing = dict.fromkeys([("SELECT", OWNER), ("INSERT", OWNER), ("UPDATE", OWNER)], "true")
    secure_rows("check_in_marks", {("SELECT", APP): FREE, **writing})
    create_marking()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in WRITES:
        op.execute(f"DROP TRIGGER check_ins_{name} ON check_ins")
    op.execute("DROP FUNCTION mark_check_ins()")
    op.drop_table("check_in_marks")


def create_marking() -> None:
    """In the transaction of the write itself, and nobody waits: whoever finds a client's row locked takes another.

    So a client has as many rows as transactions ever wrote at once. What counts is all of them together: each write
    draws one of them anew, whichever commits first, and a drawn number does not come twice, whatever was restored.
    """
    op.execute(f"""
        CREATE FUNCTION mark_check_ins() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE client uuid;
        BEGIN
            FOR client IN SELECT DISTINCT client_id FROM written WHERE visibility = 'therapist' LOOP
                UPDATE check_in_marks SET mark = {DRAWN}
                WHERE client_id = client AND id = (
                    SELECT free.id FROM check_in_marks AS free WHERE free.client_id = client
                    LIMIT 1 FOR UPDATE SKIP LOCKED);
                IF NOT FOUND THEN
                    INSERT INTO check_in_marks (client_id, id, mark) VALUES (client, gen_random_uuid(), {DRAWN});
                END IF;
            END LOOP;
            RETURN NULL;
        END $$
    """)  # noqa: S608  # constants of ours
    op.execute("REVOKE EXECUTE ON FUNCTION mark_check_ins() FROM PUBLIC")
    for name, command in WRITES.items():
        rows = "OLD" if name in WENT else "NEW"
        op.execute(f"""
            CREATE TRIGGER check_ins_{name} AFTER {command} ON check_ins REFERENCING {rows} TABLE AS written
            FOR EACH STATEMENT EXECUTE FUNCTION mark_check_ins()
        """)
