"""Proposals, as the accounts API tells them."""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel

from afterglow_auth.accounts.schemas import PersonRole
from afterglow_auth.named import Named
from afterglow_auth.proposals.models import Act, ProposalState


class ProposedFor(BaseModel):
    """Whom it is about; `id` is null while somebody is only to be invited."""

    id: UUID | None
    name: str
    email: str
    role: PersonRole


class ProposalOut(BaseModel):
    """An act that waits for a second person.

    `becomes` is the role that a change of role would give, `due_at` when it is carried out without a second person
    (null: never), `own` whether the caller proposed it and so cannot approve it, `failed_because` the code of what no
    longer fitted.
    """

    id: UUID
    act: Act
    state: ProposalState
    about: ProposedFor
    becomes: PersonRole | None
    own: bool
    proposed_by: Named
    proposed_at: datetime
    due_at: datetime | None
    approved_by: Named | None
    withdrawn_by: Named | None
    withdrawn_at: datetime | None
    carried_out_at: datetime | None
    failed_at: datetime | None
    failed_because: str | None


class ProposalPage(BaseModel):
    items: list[ProposalOut]
    next: str | None


class WaitingOut(BaseModel):
    """How many proposals are open, and how long one waits where the practice has a single admin.

    `single_admin_wait` is null where nothing but a second person carries one out. `reviews` counts the records that
    were opened in an emergency and wait for the caller's review.
    """

    waiting: int
    single_admin_wait: timedelta | None
    reviews: int
