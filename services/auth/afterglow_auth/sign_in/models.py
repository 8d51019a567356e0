"""What back-off remembers of tries to sign in."""

from datetime import datetime

from sqlalchemy import DateTime
from sqlmodel import Field

from afterglow_auth.base import Base


class SignInTries(Base, table=True):
    """Recent tries under one key: a keyed digest of an e-mail address or of a network address, never either itself.

    `noted_until` is the `waits_until` of the last wait whose first refusal went into the audit.
    """

    __tablename__ = "sign_in_tries"

    key: bytes = Field(primary_key=True)
    failures: int
    tried_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)
    waits_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    noted_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
