"""People: who there is, and how each proves it."""

from datetime import UTC, datetime, time
from enum import StrEnum
from uuid import UUID

from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field

from afterglow_auth.base import Base


class PersonState(StrEnum):
    """`invited` has not chosen a first password or passkey yet; `reset` lost what they had and must choose anew."""

    active = "active"
    disabled = "disabled"
    invited = "invited"
    reset = "reset"


class NoticeWay(StrEnum):
    """How notices come; without a browser that can be reached by push, a mail is what is left."""

    both = "both"
    mail = "mail"
    push = "push"


QUIET_HOURS = (
    "quiet_from IS NULL AND quiet_until IS NULL OR"
    " (quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from IS DISTINCT FROM quiet_until"
)


class Person(Base, table=True):
    """Somebody with an account. `disabled_at` ends it; nobody is ever deleted here.

    `notices_to` is where letters go instead of `email`, once it was confirmed there.
    `notice_way` is how notices come, letters about the account apart.
    Between `quiet_from` and `quiet_until`, by their clock, nothing comes that can wait; both None for no such hours.
    `joined_at` is when they first chose a password or a passkey, `reset_at` when what they had was taken away; it is
    over once they choose again. Without a `password_hash` a passkey is the only way in.
    """

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint("notice_way IN ('both', 'mail', 'push')", name="notice_way"),
        CheckConstraint(QUIET_HOURS, name="quiet_hours"),
        CheckConstraint("role IN ('admin', 'client', 'therapist')", name="role"),
        Index("uq_people_email", text("lower(email)"), unique=True),
        Index("ix_people_name", text("lower(name)"), "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str
    name: str
    role: str
    password_hash: str | None = None
    locale: str = "en"
    time_zone: str = "UTC"
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    joined_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    disabled_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    notices_to: str | None = None
    notice_way: str = Field(default="mail", sa_column_kwargs={"server_default": "mail"})
    quiet_from: time | None = Field(default=time(22), sa_column_kwargs={"server_default": "22:00"})
    quiet_until: time | None = Field(default=time(8), sa_column_kwargs={"server_default": "08:00"})
    last_sign_in_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    exports_held: bool = False
    reset_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))

    @property
    def is_staff(self) -> bool:
        return self.role in {Role.admin, Role.therapist}

    @property
    def state(self) -> PersonState:
        if self.disabled_at:
            return PersonState.disabled
        if self.joined_at is None:
            return PersonState.invited
        return PersonState.reset if self.reset_at else PersonState.active
