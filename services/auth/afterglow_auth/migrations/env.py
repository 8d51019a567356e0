"""Alembic's entry for auth."""

from afterglow_auth.tables import Base
from afterglow_foundation.migrations import run

run(Base.metadata, service="auth")
