"""Resets: how somebody whose password an admin took away gets another one."""

from afterglow_auth.base import Base
from afterglow_auth.links.columns import ChoosingColumns


class Reset(Base, ChoosingColumns, table=True):
    """A link of its own kind: one for an invitation is worth nothing here."""

    __tablename__ = "resets"
