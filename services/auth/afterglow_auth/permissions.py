"""Who may do what in auth's APIs. Its pages are public: they are where one proves who one is."""

from datetime import timedelta
from enum import StrEnum

from afterglow_foundation.callers import Role
from afterglow_foundation.permissions import AccessControl
from afterglow_foundation.step_up import StepUp


class Permission(StrEnum):
    access_log_read = "access_log:read"
    account_read = "account:read"
    account_write = "account:write"
    audit_read = "audit:read"
    break_glass_end = "break_glass:end"
    break_glass_open = "break_glass:open"
    break_glass_read = "break_glass:read"
    break_glass_review = "break_glass:review"
    care_read = "care:read"
    care_write = "care:write"
    event_streams_write = "event_streams:write"
    events_read = "events:read"
    exports_hold = "exports:hold"
    exports_release = "exports:release"
    invitations_read = "invitations:read"
    invitations_write = "invitations:write"
    notices_write = "notices:write"
    oauth_clients_read = "oauth_clients:read"
    oauth_clients_write = "oauth_clients:write"
    own_cover = "own_cover:write"
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


OWN = {Permission.account_read, Permission.account_write, Permission.user_info_read}
EMERGENCIES = {Permission.break_glass_end, Permission.break_glass_read, Permission.break_glass_review}
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
    Permission.break_glass_open,
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
        Role.admin: OWN | MANAGING | EMERGENCIES,
        Role.client: OWN | {Permission.access_log_read},
        Role.service: {Permission.event_streams_write, Permission.events_read, Permission.notices_write},
        Role.therapist: OWN | EMERGENCIES | {Permission.break_glass_open, Permission.own_cover},
    },
    step_up=dict.fromkeys(TAKING_A_STEP, FRESHLY),
)
