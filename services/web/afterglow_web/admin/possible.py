"""What can be done about somebody right now, so that a page offers nothing that auth would refuse. auth decides."""

from enum import StrEnum
from uuid import UUID

from afterglow_web.admin.records import FactorResetState, LinkState, PersonDetail, PersonRole, PersonState


class Doing(StrEnum):
    arrange_cover = "arrange_cover"
    assign = "assign"
    change_role = "change_role"
    disable = "disable"
    enable = "enable"
    hold_exports = "hold_exports"
    invite_again = "invite_again"
    release_exports = "release_exports"
    reset = "reset"
    reset_factors = "reset_factors"
    send_again = "send_again"
    withdraw_factor_reset = "withdraw_factor_reset"
    withdraw_invitation = "withdraw_invitation"


JOINED = {PersonState.active, PersonState.reset}
ON_OTHERS = {Doing.change_role, Doing.disable, Doing.reset, Doing.reset_factors}
NOT_USED = {LinkState.expired, LinkState.open}


def possible(person: PersonDetail, *, asking: UUID) -> set[Doing]:
    """The acts to offer to the admin `asking`: nobody disables or resets themselves."""
    found = taken_up(person) if person.joined_at else never_came(person)
    if person.role != PersonRole.admin and person.state != PersonState.disabled:
        found |= {Doing.assign}
    if person.role == PersonRole.therapist and person.state in JOINED:
        found |= {Doing.arrange_cover}
    return found - ON_OTHERS if person.id == asking else found


def taken_up(person: PersonDetail) -> set[Doing]:
    return account_acts(person) | export_acts(person)


def account_acts(person: PersonDetail) -> set[Doing]:
    if person.state not in JOINED:
        return set() if person.open_proposal else {Doing.enable}
    if person.factor_reset and person.factor_reset.state == FactorResetState.open:
        return {Doing.disable, Doing.withdraw_factor_reset}
    if person.open_proposal:
        return {Doing.disable}
    changes = {Doing.change_role} if person.is_staff and not person.care else set()
    return {Doing.disable, Doing.reset, Doing.reset_factors} | changes


def export_acts(person: PersonDetail) -> set[Doing]:
    if person.role != PersonRole.client:
        return set()
    return {Doing.release_exports} if person.exports_held else {Doing.hold_exports}


def never_came(person: PersonDetail) -> set[Doing]:
    """Somebody who has not chosen a password yet: it is their invitation that can be sent or withdrawn."""
    if person.invitation is None or person.invitation.state not in NOT_USED:
        return {Doing.invite_again}
    if person.state == PersonState.disabled:
        return {Doing.enable}
    return {Doing.send_again, Doing.withdraw_invitation}
