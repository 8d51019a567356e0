"""Who may do what in auth's APIs. Its pages are public: they are where one proves who one is."""

from datetime import timedelta
from enum import StrEnum

from afterglow_foundation.callers import Role
from afterglow_foundation.permissions import AccessControl
from afterglow_foundation.step_up import StepUp


class Permission(StrEnum):
    access_log_read = "access_log:read"
    account_read = "account:read"
    audit_read = "audit:read"
    care_read = "care:read"
    care_write = "care:write"
    event_streams_write = "event_streams:write"
    events_read = "events:read"
    exports_hold = "exports:hold"
    exports_release = "exports:release"
    invitations_read = "invitations:read"
    invitations_write = "invitations:write"
    oauth_clients_read = "oauth_clients:read"
    oauth_clients_write = "oauth_clients:write"
    people_change_role = "people:change_role"
    people_disable = "people:disable"
    people_read = "people:read"
    people_reset = "people:reset"
    practice_write = "practice:write"
    proposals_decide = "proposals:decide"
    proposals_read = "proposals:read"
    proposals_withdraw = "proposals:withdraw"
    sessions_end = "sessions:end"
    sessions_read = "sessions:read"
    signing_keys_read = "signing_keys:read"
    signing_keys_rotate = "signing_keys:rotate"
    user_info_read = "user_info:read"


OWN = {Permission.account_read, Permission.user_info_read}
MANAGING = {
    Permission.audit_read,
    Permission.care_read,
    Permission.care_write,
    Permission.exports_hold,
    Permission.exports_release,
    Permission.invitations_read,
    Permission.invitations_write,
    Permission.oauth_clients_read,
    Permission.oauth_clients_write,
    Permission.people_change_role,
    Permission.people_disable,
    Permission.people_read,
    Permission.people_reset,
    Permission.practice_write,
    Permission.proposals_decide,
    Permission.proposals_read,
    Permission.proposals_withdraw,
    Permission.sessions_end,
    Permission.sessions_read,
    Permission.signing_keys_read,
    Permission.signing_keys_rotate,
}

TAKING_A_STEP = (
    Permission.exports_release,
    Permission.oauth_clients_write,
    Permission.people_change_role,
    Permission.people_reset,
    Permission.practice_write,
    Permission.proposals_decide,
    Permission.signing_keys_rotate,
)
FRESHLY = StepUp(max_age=timedelta(minutes=10))

access = AccessControl(
    {
        Role.admin: OWN | MANAGING,
        Role.client: OWN | {Permission.access_log_read},
        Role.service: {Permission.event_streams_write, Permission.events_read},
        Role.therapist: OWN,
    },
    step_up=dict.fromkeys(TAKING_A_STEP, FRESHLY),
)
