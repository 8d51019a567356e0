"""Where letters about an account go instead of its own address, and how it came to that."""

from afterglow_auth.base import Base
from afterglow_auth.links.columns import LinkColumns


class NoticeChange(Base, LinkColumns, table=True):
    """A wish that letters go to `address` from now on (None: to the account's own again), confirmed by a link there.

    `before` is where they went until it was used, so that both are told.
    """

    __tablename__ = "notice_changes"

    address: str | None = None
    before: str | None = None
