"""A question keeps what its page says, so that no answer allows more than was read. One from before is asked anew."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in ("name", "run_by"):
        op.add_column("consent_questions", sa.Column(name, sa.String, nullable=False, server_default=""))
        op.alter_column("consent_questions", name, server_default=None)
    op.add_column("consent_questions", sa.Column("scopes", sa.ARRAY(sa.String), nullable=False, server_default="{}"))
    op.alter_column("consent_questions", "scopes", server_default=None)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in ("scopes", "run_by", "name"):
        op.drop_column("consent_questions", name)
