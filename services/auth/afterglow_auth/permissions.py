"""Who may do what in auth's APIs. Its pages are public: they are where one proves who one is."""

from enum import StrEnum

from afterglow_foundation.callers import Role
from afterglow_foundation.permissions import AccessControl


class Permission(StrEnum):
    account_read = "account:read"
    events_read = "events:read"
    people_read = "people:read"
    user_info_read = "user_info:read"


OWN = {Permission.account_read, Permission.user_info_read}

access = AccessControl(
    {
        Role.admin: {*OWN, Permission.people_read},
        Role.client: OWN,
        Role.service: {Permission.events_read},
        Role.therapist: OWN,
    }
)
