"""Alembic's entry: the same in every service."""

from afterglow_foundation.migrations import run
from afterglow_web.tables import Base

run(Base.metadata, service="web")
