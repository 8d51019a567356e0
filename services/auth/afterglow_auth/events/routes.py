"""What auth tells the other services. The gateway does not route these paths."""

from datetime import UTC, datetime
from typing import Annotated

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.permissions import authenticated, require
from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb, record
from afterglow_auth.care.models import CareRelationship
from afterglow_auth.events.schemas import CareFact, PersonFact, Snapshot
from afterglow_auth.permissions import Permission

ReadEvents = Annotated[Caller, require(Permission.events_read)]

router = APIRouter(prefix="/internal/events", include_in_schema=False, dependencies=[Depends(authenticated)])


@router.get("/snapshot")
async def read_snapshot(caller: ReadEvents, session: UnitOfWork) -> Snapshot:
    """All people and who treats whom, for a service that starts or has lost track."""
    taken_at = datetime.now(UTC)
    # Relationships first: whoever they name is then surely among the people.
    care = (await session.scalars(select(CareRelationship).order_by(col(CareRelationship.id)))).all()
    people = await session.scalars(select(Person).order_by(col(Person.id)))
    await record(session, Verb.events_read, caller, purpose=caller.client_id)
    return Snapshot(
        people=[PersonFact.model_validate(person) for person in people],
        care_relationships=[CareFact.model_validate(relationship) for relationship in care],
        taken_at=taken_at,
    )
