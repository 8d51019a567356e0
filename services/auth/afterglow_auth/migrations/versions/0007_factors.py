"""Second factors: passkeys, authenticator apps, recovery codes; and since when somebody has to choose anew.

They are found before anybody is known, as passwords are, so the row policies say `true` and the protection lies in
what the app may change: never whose a factor is, nor the key or secret itself. The worker takes factors away.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import secure_rows
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APP, WORKER = "auth_app", "auth_worker"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    add_reset_at()
    create_passkeys()
    create_passkey_challenges()
    create_totp_secrets()
    create_recovery_codes()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("recovery_codes", "totp_secrets", "passkey_challenges", "passkeys"):
        op.drop_table(table)
    op.drop_column("people", "reset_at")


def moment(name: str, *, nullable: bool = True, index: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, index=index)


def person(*, nullable: bool = False, index: bool = False) -> sa.Column[object]:
    return sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id"), nullable=nullable, index=index)


def secure(table: str, app: str, worker: str, changes: str) -> None:
    """Row security; the app changes the columns named and no others."""
    listed = [(command, APP) for command in app.split()] + [(command, WORKER) for command in worker.split()]
    secure_rows(table, dict.fromkeys(listed, "true"))
    if changes:
        op.execute(f"CREATE POLICY {table}_update_{APP} ON {table} FOR UPDATE TO {APP} USING (true) WITH CHECK (true)")
        op.execute(f"GRANT UPDATE ({changes}) ON {table} TO {APP}")


def add_reset_at() -> None:
    op.add_column("people", moment("reset_at"))
    # The owner is under row security too, and no policy names it.
    op.execute("ALTER TABLE people NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE people SET reset_at = now() WHERE joined_at IS NOT NULL AND password_hash IS NULL")
    op.execute("ALTER TABLE people FORCE ROW LEVEL SECURITY")
    op.execute(f"GRANT UPDATE (reset_at) ON people TO {APP}")


def create_passkeys() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Uuid, primary_key=True),
        person(index=True),
        sa.Column("credential_id", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("backed_up", sa.Boolean, nullable=False),
        sa.Column("roaming", sa.Boolean, nullable=False),
        moment("created_at", nullable=False),
        moment("last_used_at"),
        moment("suspected_at"),
    )
    secure("passkeys", "SELECT INSERT DELETE", "SELECT DELETE", "name, sign_count, last_used_at, suspected_at")


def create_passkey_challenges() -> None:
    op.create_table(
        "passkey_challenges",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("browser", sa.LargeBinary, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        person(nullable=True),
        moment("expires_at", nullable=False, index=True),
        sa.CheckConstraint("purpose IN ('registration', 'sign_in')", name=op.f("ck_passkey_challenges_purpose")),
        sa.CheckConstraint(
            "(purpose = 'registration') = (person_id IS NOT NULL)", name=op.f("ck_passkey_challenges_person")
        ),
    )
    secure("passkey_challenges", "SELECT INSERT DELETE", "", "")


def create_totp_secrets() -> None:
    op.create_table(
        "totp_secrets",
        sa.Column("id", sa.Uuid, primary_key=True),
        person(),
        sa.Column("key_version", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("last_step", sa.Integer, nullable=False),
        moment("created_at", nullable=False),
        moment("confirmed_at"),
    )
    for name, condition in (("confirmed", "confirmed_at IS NOT NULL"), ("waiting", "confirmed_at IS NULL")):
        op.create_index(
            f"uq_totp_secrets_{name}", "totp_secrets", ["person_id"], unique=True, postgresql_where=sa.text(condition)
        )
    secure("totp_secrets", "SELECT INSERT DELETE", "SELECT DELETE", "last_step, confirmed_at")


def create_recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Uuid, primary_key=True),
        person(index=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        moment("created_at", nullable=False),
        moment("saved_at"),
        moment("used_at"),
    )
    secure("recovery_codes", "SELECT INSERT DELETE", "SELECT DELETE", "saved_at, used_at")
