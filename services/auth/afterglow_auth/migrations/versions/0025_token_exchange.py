"""Which other APIs a service may go on to for a person who called it (RFC 8693)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

EXCHANGING = "ck_oauth_clients_exchanging"  # a constraint's name


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("oauth_clients", sa.Column("exchange_scopes", ARRAY(sa.String), nullable=False, server_default="{}"))
    op.create_check_constraint(op.f(EXCHANGING), "oauth_clients", "exchange_scopes = '{}' OR kind = 'service'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("oauth_clients", "exchange_scopes")
