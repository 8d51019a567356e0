"""Alembic's entry: portal's metadata, run by foundation."""

from afterglow_foundation.migrations import run
from afterglow_portal.tables import metadata

run(metadata, service="portal")
