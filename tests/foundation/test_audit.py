"""Audit events: ids and times of ours, in the transaction of what they tell."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import pytest
from afterglow_foundation.audit import AuditEventColumns, AuditTrail, Outcome, event_values
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from sqlalchemy.exc import DBAPIError

from tests.foundation.tiny import AuditEvent, events


class Action(StrEnum):
    thing_read = "thing.read"


CALLER = Caller(id=new_id(), role=Role.therapist, session_id=new_id())
COLUMNS = {
    "id",
    "at",
    "actor_id",
    "actor_role",
    "subject_id",
    "action",
    "object_id",
    "purpose",
    "outcome",
    "session_id",
    "request_id",
}


def test_an_event_has_ids_and_no_content() -> None:
    assert set(AuditEventColumns.model_fields) == COLUMNS
    assert set(event_values(CALLER, Action.thing_read)) == COLUMNS


def test_the_values_of_an_event() -> None:
    thing, subject = new_id(), new_id()
    values = event_values(CALLER, Action.thing_read, object_id=thing, subject_id=subject, purpose="review")
    assert values | {"id": None, "at": None} == {
        "id": None,
        "at": None,
        "actor_id": CALLER.id,
        "actor_role": "therapist",
        "subject_id": subject,
        "action": "thing.read",
        "object_id": thing,
        "purpose": "review",
        "outcome": "success",
        "session_id": CALLER.session_id,
        "request_id": None,
    }
    assert values["id"].version == 7
    assert timedelta(0) <= datetime.now(UTC) - values["at"] < timedelta(seconds=5)
    assert type(values["action"]) is type(values["actor_role"]) is str


def test_nobody_and_a_service_are_told_too() -> None:
    assert event_values(None, "x")["actor_id"] is None
    service = event_values(Caller(id=None, role=Role.service, client_id="web"), "x", outcome=Outcome.refused)
    assert (service["actor_id"], service["actor_role"], service["outcome"]) == (None, "service", "refused")


def test_a_service_in_somebodys_stead_is_always_named() -> None:
    stead = replace(CALLER, client_id="portal", actor="portal")
    told = event_values(stead, Action.thing_read)
    assert (told["actor_id"], told["actor_role"], told["purpose"]) == (CALLER.id, "therapist", "portal")
    assert event_values(stead, Action.thing_read, purpose="review")["purpose"] == "portal: review"
    assert event_values(CALLER, Action.thing_read, purpose="review")["purpose"] == "review"


async def test_an_event_is_committed_or_lost_with_its_act(
    committed_database: Database, committed_superuser: Database
) -> None:
    trail = AuditTrail(AuditEvent, committed_database)
    kept, lost = new_id(), new_id()

    async def act(object_id: UUID, divisor: int) -> None:
        async with committed_database.unit_of_work(RowContext.of(CALLER)) as session:
            await trail.record(session, CALLER, Action.thing_read, object_id=object_id)
            assert 1 / divisor

    await act(kept, 1)
    with pytest.raises(ZeroDivisionError):
        await act(lost, 0)
    assert len(await events(committed_superuser, object_id=kept)) == 1
    assert await events(committed_superuser, object_id=lost) == []


async def test_an_act_whose_event_cannot_be_kept_does_not_happen(committed_database: Database) -> None:
    trail = AuditTrail(AuditEvent, committed_database)
    with pytest.raises(DBAPIError):
        async with committed_database.unit_of_work(RowContext.of(CALLER)) as session:
            await trail.record(session, CALLER, "\x00")
