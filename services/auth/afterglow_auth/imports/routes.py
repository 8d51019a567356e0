"""Importing clients, in the accounts API."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import Conflict, NotFound, Refusal, responses
from afterglow_foundation.permissions import require
from fastapi import Response
from pydantic import UUID7

from afterglow_auth.api import BODY, room
from afterglow_auth.audit import Verb, record
from afterglow_auth.imports import service
from afterglow_auth.imports.schemas import ImportIn, ImportOut, ProgressOut
from afterglow_auth.permissions import Permission
from afterglow_auth.provider import Provider, digest_of

ReadInvitations = Annotated[Caller, require(Permission.invitations_read)]
WriteInvitations = Annotated[Caller, require(Permission.invitations_write)]
LARGEST_BODY = 1024 * 1024

router = room("/imports", "imports", largest=LARGEST_BODY)


@router.put(
    "/{import_id}",
    status_code=201,
    responses={200: {"model": ImportOut, "description": "It was read before"}, **BODY, **responses(Conflict)},
)
async def read_file(  # noqa: PLR0917  # FastAPI's way to say what a route needs
    import_id: UUID7,
    wanted: ImportIn,
    caller: WriteInvitations,
    session: UnitOfWork,
    provider: Provider,
    response: Response,
) -> ImportOut:
    """Read a CSV file of clients and show what it says; nobody is made. Safe to repeat.

    Columns: `name` and `email`, and if you like `time_zone`, `locale`, `therapist_email` (who treats them from the
    beginning). At most 2,000 rows. `faults` names row and column; without any it can be executed. 409 `conflict`
    (this id stands for another file).
    """
    wish = service.Wish(import_id, wanted, digest_of(provider, wanted))
    found, created = await service.preview(session, wish, caller)
    response.status_code = 201 if created else 200
    return service.as_shown(found)


@router.get("/{import_id}", responses=responses(NotFound))
async def read_import(import_id: UUID, caller: ReadInvitations, session: UnitOfWork) -> ImportOut:
    """One import: its first rows, or what is wrong with it."""
    found = await service.find(session, import_id, Refusal(Verb.import_read, import_id))
    await record(session, Verb.import_read, caller, object_id=import_id)
    return service.as_shown(found)


@router.get("/{import_id}/progress", responses=responses(NotFound))
async def read_progress(import_id: UUID, _: ReadInvitations, session: UnitOfWork) -> ProgressOut:
    """How far it is; numbers alone are no reading, so the audit keeps nothing."""
    refusal = Refusal(Verb.import_read, import_id)
    return ProgressOut.model_validate(await service.find(session, import_id, refusal))


@router.put("/{import_id}/execution", status_code=202, responses=responses(NotFound, Conflict))
async def execute(import_id: UUID, caller: WriteInvitations, session: UnitOfWork) -> ProgressOut:
    """Make everybody of it and mail the invitations: all of them, or nobody. Safe to repeat.

    409 `import_has_faults`. Should something not fit any more when its job comes, it ends as `failed`.
    """
    return ProgressOut.model_validate(await service.execute(session, import_id, caller))
