"""What people allowed programs of others; and which programs are the house's own, which nobody is asked about.

Both new tables are found through the person: whoever is asked is signed in.
"""

import sqlalchemy as sa
from afterglow_foundation.ddl import PERSON, ROLE, secure_rows
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

APP = "auth_app"
OWN = f"person_id = {PERSON}"
OVER = "expires_at < now()"
MINE = (
    f"{ROLE} = 'admin' AND kind IN ('confidential', 'public')"
    " AND client_id NOT IN ('messaging', 'portal', 'web', 'web-events')"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    tell_own_from_others()
    create_consents()
    create_consent_questions()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("consent_questions")
    op.drop_table("consents")
    let_admins(MINE)
    op.execute(f"REVOKE UPDATE (run_by) ON oauth_clients FROM {APP}")
    op.drop_column("oauth_clients", "run_by")
    op.drop_column("oauth_clients", "built_in")


def tell_own_from_others() -> None:
    """Admins' programs carry a digest of how they were registered; what was registered at the host does not."""
    op.add_column("oauth_clients", sa.Column("built_in", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("oauth_clients", sa.Column("run_by", sa.String, nullable=False, server_default=""))
    # The owner is under row security too, and no policy names it.
    op.execute("ALTER TABLE oauth_clients NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE oauth_clients SET built_in = body_digest IS NULL")
    op.execute("ALTER TABLE oauth_clients FORCE ROW LEVEL SECURITY")
    op.execute(f"GRANT UPDATE (run_by) ON oauth_clients TO {APP}")
    let_admins(f"{ROLE} = 'admin' AND kind IN ('confidential', 'public') AND NOT built_in")


def let_admins(which: str) -> None:
    op.execute(f"ALTER POLICY oauth_clients_insert_{APP} ON oauth_clients WITH CHECK ({which})")
    op.execute(f"ALTER POLICY oauth_clients_update_{APP} ON oauth_clients USING ({which}) WITH CHECK ({which})")


def create_consents() -> None:
    op.create_table(
        "consents",
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id"), primary_key=True),
        sa.Column("client_id", sa.String, sa.ForeignKey("oauth_clients.client_id"), primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("run_by", sa.String, nullable=False),
        sa.Column("places", sa.ARRAY(sa.String), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String), nullable=False),
        sa.Column("allowed_at", sa.DateTime(timezone=True), nullable=False),
    )
    secure_rows("consents", {(command, APP): OWN for command in ("SELECT", "INSERT", "UPDATE", "DELETE")})


def create_consent_questions() -> None:
    op.create_table(
        "consent_questions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("people.id"), nullable=False),
        sa.Column("session_id", sa.Uuid, sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("ask", sa.String, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
    secure_rows(
        "consent_questions",
        {("SELECT", APP): f"{OWN} OR {OVER}", ("INSERT", APP): OWN, ("DELETE", APP): f"{OWN} OR {OVER}"},
    )
