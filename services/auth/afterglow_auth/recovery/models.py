"""Recoveries: how somebody who forgot their password gets another one by mail."""

from afterglow_auth.base import Base
from afterglow_auth.links.columns import ChoosingColumns


class Recovery(Base, ChoosingColumns, table=True):
    """A link of its own kind, asked for by whoever typed the address: it opens nothing without a second factor."""

    __tablename__ = "recoveries"
