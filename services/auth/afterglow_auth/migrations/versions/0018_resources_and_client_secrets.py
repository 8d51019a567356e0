"""Authorizations for named resources (RFC 8707), and clients that prove themselves with a secret."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0018"
down_revision = "0023"
branch_labels = None
depends_on = None

METHOD, SECRET = "ck_oauth_clients_method", "ck_oauth_clients_secret"  # names of constraints


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("authorizations", sa.Column("resources", ARRAY(sa.String), nullable=False, server_default="{}"))
    op.add_column("oauth_clients", sa.Column("secret_hash", sa.LargeBinary))
    op.drop_constraint(op.f(METHOD), "oauth_clients")
    methods = "token_endpoint_auth_method IN ('none', 'private_key_jwt', 'client_secret_basic')"
    op.create_check_constraint(op.f(METHOD), "oauth_clients", methods)
    proven = "(token_endpoint_auth_method = 'client_secret_basic') = (secret_hash IS NOT NULL)"
    op.create_check_constraint(op.f(SECRET), "oauth_clients", proven)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint(op.f(SECRET), "oauth_clients")
    op.drop_constraint(op.f(METHOD), "oauth_clients")
    op.create_check_constraint(
        op.f(METHOD), "oauth_clients", "token_endpoint_auth_method IN ('none', 'private_key_jwt')"
    )
    op.drop_column("oauth_clients", "secret_hash")
    op.drop_column("authorizations", "resources")
