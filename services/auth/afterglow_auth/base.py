"""The base of auth's tables."""

from afterglow_foundation.database import make_metadata
from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Base(SQLModel, registry=registry(metadata=make_metadata())):
    """Tables of auth."""
