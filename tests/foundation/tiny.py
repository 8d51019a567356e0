"""A service as small as can be, put together from foundation alone, on a migrated database of a real one."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

import httpx
from afterglow_foundation.app import Parts, create_app
from afterglow_foundation.audit import AuditEventColumns
from afterglow_foundation.bearer import bearer
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database, make_metadata
from afterglow_foundation.permissions import AccessControl, require
from afterglow_foundation.sealing import DataKeyColumns
from afterglow_foundation.settings import ServiceSettings
from afterglow_foundation.step_up import StepUp
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_foundation.tokens import TokenVerifier
from fastapi import APIRouter, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Base(SQLModel, registry=registry(metadata=make_metadata())):
    pass


class AuditEvent(Base, AuditEventColumns, table=True):
    __tablename__ = "audit_events"


class DataKeyRow(Base, DataKeyColumns, table=True):
    __tablename__ = "data_keys"
    __table_args__ = {"schema": "keys"}


class Permission(StrEnum):
    things_lock = "things:lock"
    things_read = "things:read"
    things_write = "things:write"


LOCKING = StepUp(max_age=timedelta(minutes=10), acr_values=("urn:afterglow:acr:mfa", "urn:afterglow:acr:more"))
access = AccessControl(
    {
        Role.admin: {Permission.things_lock},
        Role.client: {Permission.things_read, Permission.things_write},
        Role.therapist: {Permission.things_read},
    },
    step_up={Permission.things_lock: LOCKING},
)
LockThings = Annotated[Caller, require(Permission.things_lock)]
ReadThings = Annotated[Caller, require(Permission.things_read)]
WriteThings = Annotated[Caller, require(Permission.things_write)]


@dataclass(frozen=True)
class Tiny:
    """Builds apps on one database and signs people in to them."""

    values: dict[str, Any]
    issuer: TestIssuer
    database: Database

    def app(self, *routers: APIRouter, **parts: Any) -> FastAPI:
        settings = ServiceSettings(**self.values)
        verifier = TokenVerifier(issuer=settings.issuer, audience=settings.audience("things"), keys=self.issuer.keys())
        defaults = {
            "name": "messaging",
            "settings": settings,
            "database": self.database,
            "access": access,
            "authenticate": bearer(verifier, scope="things"),
            "audit_table": AuditEvent,
        }
        return create_app(Parts(**{"routers": routers} | defaults | parts))

    @asynccontextmanager
    async def signed_in(
        self, app: FastAPI, person: Person | None = None, **headers: str
    ) -> AsyncIterator[httpx.AsyncClient]:
        token = self.issuer.token(person, "things") if person else None
        async with open_client(app, token, **headers) as http:
            yield http


async def events(database: Database, **values: Any) -> Sequence[AuditEvent]:
    """Audit events with these values; `database` is one above row-level security."""
    async with database.sessions() as session:
        found = await session.scalars(select(AuditEvent).filter_by(**values).order_by(AuditEvent.at))
        return found.all()


def routed(path: str, endpoint: Callable[..., Any], *, method: str = "GET", **options: Any) -> APIRouter:
    """A router with one route."""
    router = APIRouter()
    router.add_api_route(path, endpoint, methods=[method], **options)
    return router
