"""What people allowed programs, and what they are being asked."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import ARRAY, DateTime, String
from sqlmodel import Column, Field

from afterglow_auth.base import Base


class Consent(Base, table=True):
    """What one person allowed one program, and what the page said of it then.

    `places` are those that it may lead back to; where it comes to be called, run or to lead otherwise, it asks anew.
    """

    __tablename__ = "consents"

    person_id: UUID = Field(foreign_key="people.id", primary_key=True)
    client_id: str = Field(foreign_key="oauth_clients.client_id", primary_key=True)
    name: str
    run_by: str
    places: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    scopes: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    allowed_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))


class ConsentQuestion(Base, table=True):
    """A question that waits for an answer in one session: `ask` is the authorization request, as an address has it.

    The form names only the question, so that nothing in it can change what is allowed to whom. Answered, it is gone.
    `name`, `run_by` and `scopes` are what its page says: where they are others by the time of the answer, it asks anew.
    """

    __tablename__ = "consent_questions"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="people.id")
    session_id: UUID = Field(foreign_key="sessions.id")
    ask: str
    name: str
    run_by: str
    scopes: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)
