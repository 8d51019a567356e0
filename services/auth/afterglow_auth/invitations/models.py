"""Invitations: how somebody gets their first password."""

from afterglow_auth.base import Base
from afterglow_auth.links.columns import ChoosingColumns


class Invitation(Base, ChoosingColumns, table=True):
    """`body_digest` is a keyed digest of what was asked for, by which a repeat is told from another wish.

    What the operator makes at the host has none: nobody can send it again.
    """

    __tablename__ = "invitations"

    body_digest: bytes | None = None
