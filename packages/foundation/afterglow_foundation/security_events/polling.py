"""What receiver and auth say to each other: polling for tokens (RFC 8936 §2), and the snapshot before that."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from afterglow_foundation.security_events.facts import CareRelationshipFact, GrantFact, PersonFact, PracticeFact

POLL_PATH = "/internal/events/poll"
SNAPSHOT_PATH = "/internal/events/snapshot"
SCOPE = "security_events"
MOST_EVENTS = 100
LONGEST_WAIT = 8.0  # seconds; RFC 8936 leaves it to us, and the client's own patience is ten
NO_SNAPSHOT = "no_snapshot"
"""The code of the problem that says so."""
STORABLE = r"^[^\x00]*$"
"""Whatever PostgreSQL takes as text."""


class Named(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class SetError(BaseModel):
    """Why a receiver could not take a token: RFC 8935 §2.3's codes, and words for whoever looks into it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    err: str = Field(min_length=1, max_length=100, pattern=STORABLE)
    description: str = Field(max_length=1000, pattern=STORABLE)


Ids = Annotated[list[UUID], Field(max_length=1000)]
Errors = Annotated[dict[UUID, SetError], Field(max_length=1000)]


class PollRequest(Named):
    """`ack` and `setErrs` settle what earlier answers brought; without `returnImmediately` auth waits for an event."""

    max_events: int = Field(default=MOST_EVENTS, ge=0)
    return_immediately: bool = False
    ack: Ids = []
    set_errs: Errors = {}


class PollAnswer(Named):
    """Tokens by their `jti`; `moreAvailable` when asking again at once brings more."""

    sets: dict[UUID, str]
    more_available: bool


class RevokedSession(BaseModel, frozen=True):
    """A session that was ended before its time, or an authorization in one, by its own id."""

    session_id: UUID
    person_id: UUID
    revoked_at: AwareDatetime


class Snapshot(BaseModel, frozen=True):
    """Everything at one moment: each fact holds as of `taken_at`, and every later event is in the feed.

    Ended care and ended grants are in it too, and sessions that were ended within the longest life of one. `practice`
    is None until an admin has saved its settings.
    """

    taken_at: AwareDatetime
    people: list[PersonFact]
    care_relationships: list[CareRelationshipFact]
    grants: list[GrantFact]
    revoked_sessions: list[RevokedSession]
    practice: PracticeFact | None = None
