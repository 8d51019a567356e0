"""What auth's accounts API answers, as far as an admin's pages show it. Nothing clinical exists there."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from afterglow_design.languages import SOURCE
from pydantic import BaseModel


class PersonRole(StrEnum):
    admin = "admin"
    client = "client"
    therapist = "therapist"


class PersonState(StrEnum):
    """`invited` has no password yet; `reset` had one and must choose another."""

    active = "active"
    disabled = "disabled"
    invited = "invited"
    reset = "reset"


class LinkState(StrEnum):
    expired = "expired"
    open = "open"
    used = "used"
    withdrawn = "withdrawn"


class Act(StrEnum):
    change_role = "change_role"
    enable = "enable"
    invite = "invite"
    reset = "reset"
    reset_factors = "reset_factors"


class FactorResetState(StrEnum):
    carried_out = "carried_out"
    objected = "objected"
    open = "open"
    withdrawn = "withdrawn"


class ProposalState(StrEnum):
    carried_out = "carried_out"
    failed = "failed"
    open = "open"
    withdrawn = "withdrawn"


class Named(BaseModel):
    """Somebody, as far as another record mentions them."""

    id: UUID
    name: str


class PersonAccount(BaseModel):
    """One row of the list of people."""

    id: UUID
    name: str
    email: str
    role: PersonRole
    state: PersonState
    last_sign_in_at: datetime | None = None


class Care(BaseModel):
    """Who treats whom; live while `ended_at` is None."""

    id: UUID
    client: Named
    therapist: Named
    started_at: datetime
    ends_at: datetime | None = None
    ended_at: datetime | None = None


class Cover(BaseModel):
    """Somebody stands in for a therapist: for one client, or for everybody in their care."""

    id: UUID
    therapist: Named
    covering: Named
    client: Named | None = None
    starts_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None

    @property
    def lasts(self) -> bool:
        """Whether it goes on, or is still to come."""
        return self.ended_at is None and self.ends_at > datetime.now(UTC)


class Link(BaseModel):
    """A mailed link by which somebody chooses a password."""

    id: UUID
    person_id: UUID
    state: LinkState
    created_at: datetime
    expires_at: datetime


class FactorReset(BaseModel):
    """Every way in, to be taken away after `due_at` unless they object."""

    id: UUID
    state: FactorResetState
    created_at: datetime
    due_at: datetime
    objected_at: datetime | None = None


class PersonDetail(PersonAccount):
    """One person with their live care and the newest of each kind of link; `open_proposal` waits about them."""

    locale: str = SOURCE
    time_zone: str
    created_at: datetime
    joined_at: datetime | None = None
    disabled_at: datetime | None = None
    care: list[Care] = []
    sessions: int = 0
    invitation: Link | None = None
    reset: Link | None = None
    factor_reset: FactorReset | None = None
    exports_held: bool = False
    open_proposal: UUID | None = None

    @property
    def is_staff(self) -> bool:
        return self.role != PersonRole.client


class LiveSession(BaseModel):
    """A session of somebody's at auth: when, never where from."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class ProposedFor(BaseModel):
    """Whom a proposal is about; `id` is None while they are only to be invited."""

    id: UUID | None = None
    name: str
    email: str
    role: PersonRole


class Proposal(BaseModel):
    """An act that takes a second person; `own` says that the signed-in admin asked for it.

    `due_at` is when it is carried out without a second person; None where it never is.
    """

    id: UUID
    act: Act
    state: ProposalState
    about: ProposedFor
    becomes: PersonRole | None = None
    own: bool
    proposed_by: Named
    proposed_at: datetime
    due_at: datetime | None = None
    approved_by: Named | None = None
    withdrawn_by: Named | None = None
    withdrawn_at: datetime | None = None
    carried_out_at: datetime | None = None
    failed_at: datetime | None = None
    failed_because: str | None = None

    @property
    def ended_at(self) -> datetime | None:
        return self.carried_out_at or self.withdrawn_at or self.failed_at


class SecondPerson(BaseModel):
    """How many proposals wait, and how long each does where the practice has a single admin; else None.

    `reviews` is how many records that were opened in an emergency wait to be reviewed, `sealed_notes` how many times
    somebody asked for notes of one who is gone and waits for an answer: the last is portal's.
    """

    waiting: int
    single_admin_wait: timedelta | None = None
    reviews: int = 0
    sealed_notes: int = 0

    @property
    def of_the_practice(self) -> int:
        """What the practice's page leads to."""
        return self.reviews + self.sealed_notes


class ImportState(StrEnum):
    carried_out = "carried_out"
    failed = "failed"
    preview = "preview"
    under_way = "under_way"


class ImportProgress(BaseModel):
    id: UUID
    state: ImportState
    total: int
    made: int


class ImportRow(BaseModel):
    """Somebody in a file, as they would be invited."""

    row: int
    name: str
    email: str
    time_zone: str
    therapist: str | None = None


class RowFault(BaseModel):
    """What is wrong where; `detail` is what the words need besides."""

    row: int
    column: str | None = None
    code: str
    detail: str | None = None


class ImportPreview(ImportProgress):
    """The first rows, or the first of `fault_count` faults."""

    rows: list[ImportRow]
    faults: list[RowFault]
    fault_count: int
