"""The base of auth's tables."""

from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from afterglow_foundation.database import make_metadata


class Base(SQLModel, registry=registry(metadata=make_metadata())):
    """Tables of auth."""
