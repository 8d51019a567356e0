"""What a page needs and which role has it. The APIs decide again for every record."""

from enum import StrEnum
from typing import Annotated

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.permissions import AccessControl, require


class Permission(StrEnum):
    caseload_read = "caseload:read"
    check_ins_read = "check_ins:read"
    check_ins_write = "check_ins:write"
    choices_write = "choices:write"
    clients_read = "clients:read"
    people_read = "people:read"
    session_end = "session:end"


access = AccessControl(
    {
        Role.admin: {Permission.people_read, Permission.session_end},
        Role.client: {
            Permission.check_ins_read,
            Permission.check_ins_write,
            Permission.choices_write,
            Permission.session_end,
        },
        Role.therapist: {Permission.caseload_read, Permission.clients_read, Permission.session_end},
    }
)

EndSession = Annotated[Caller, require(Permission.session_end)]
ReadCaseload = Annotated[Caller, require(Permission.caseload_read)]
ReadCheckIns = Annotated[Caller, require(Permission.check_ins_read)]
ReadClients = Annotated[Caller, require(Permission.clients_read)]
ReadPeople = Annotated[Caller, require(Permission.people_read)]
WriteCheckIns = Annotated[Caller, require(Permission.check_ins_write)]
WriteChoices = Annotated[Caller, require(Permission.choices_write)]
