"""The accounts API."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import Forbidden, InvalidInput, NotAuthenticated, responses
from afterglow_foundation.permissions import authenticated, require
from fastapi import APIRouter, Depends, Query

from afterglow_auth.accounts.policy import own_account, page_of, visible_people
from afterglow_auth.accounts.schemas import AccountOut, PeoplePage, PersonOut
from afterglow_auth.audit import Verb, record
from afterglow_auth.permissions import Permission

ReadPeople = Annotated[Caller, require(Permission.people_read)]
ReadAccount = Annotated[Caller, require(Permission.account_read)]
LARGEST_PAGE = 100

router = APIRouter(
    prefix="/api/accounts",
    tags=["accounts"],
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput),
)


@router.get("/people")
async def list_people(
    caller: ReadPeople,
    session: UnitOfWork,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 50,
    after: UUID | None = None,
    q: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
) -> PeoplePage:
    """Everybody with an account, by name."""
    asked = page_of(visible_people(caller), after=after, words=q, limit=limit + 1)
    people = (await session.scalars(asked)).all()
    await record(session, Verb.people_listed, caller)
    shown = people[:limit]
    more = str(shown[-1].id) if len(people) > limit else None
    return PeoplePage(items=[PersonOut.model_validate(person) for person in shown], next=more)


@router.get("/me")
async def read_own_account(caller: ReadAccount, session: UnitOfWork) -> AccountOut:
    """The account of whoever asks."""
    own = (await session.scalars(own_account(caller))).one()
    return AccountOut.model_validate(own)
