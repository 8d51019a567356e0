"""The base of portal's tables, on a registry and metadata of its own."""

from afterglow_foundation.database import make_metadata
from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Base(SQLModel, registry=registry(metadata=make_metadata())):
    """Every table of portal stands on it."""
