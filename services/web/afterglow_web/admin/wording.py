"""Words of the admin's pages: roles, states, what happened, and why something was refused."""

from collections.abc import Callable
from enum import StrEnum

from afterglow_design.dates import moment
from afterglow_design.languages import _, lazy
from afterglow_foundation.client import UpstreamProblem

from afterglow_web.admin.records import Act, Link, LinkState, PersonRole, PersonState, Proposal, ProposalState

ROLES = {
    PersonRole.admin: lazy("An admin"),
    PersonRole.client: lazy("A client"),
    PersonRole.therapist: lazy("A therapist"),
}
ROLES_OF_ONE = {
    PersonRole.admin: lazy("admin"),
    PersonRole.client: lazy("client"),
    PersonRole.therapist: lazy("therapist"),
}
ROLES_OF_MANY = {
    PersonRole.client: lazy("clients"),
    PersonRole.therapist: lazy("therapists"),
    PersonRole.admin: lazy("admins"),
}
ROLE_TONES = {PersonRole.admin: "glow", PersonRole.client: "dusk", PersonRole.therapist: "sage"}
STATES = {
    PersonState.active: lazy("active"),
    PersonState.invited: lazy("invited"),
    PersonState.reset: lazy("password reset"),
    PersonState.disabled: lazy("disabled"),
}
STATE_TONES = {
    PersonState.active: "sage",
    PersonState.disabled: "alarm",
    PersonState.invited: "glow",
    PersonState.reset: "dusk",
}
LINKS = {
    LinkState.expired: lazy("expired before it was used"),
    LinkState.open: lazy("not used yet"),
    LinkState.used: lazy("used"),
    LinkState.withdrawn: lazy("withdrawn"),
}
TITLES = {
    Act.change_role: {
        PersonRole.admin: lazy("Make %(name)s an admin"),
        PersonRole.client: lazy("Make %(name)s a client"),
        PersonRole.therapist: lazy("Make %(name)s a therapist"),
    },
    Act.enable: {
        PersonRole.admin: lazy("Open the account of %(name)s again, an admin"),
        PersonRole.client: lazy("Open the account of %(name)s again, a client"),
        PersonRole.therapist: lazy("Open the account of %(name)s again, a therapist"),
    },
    Act.invite: {
        PersonRole.admin: lazy("Invite %(name)s as an admin"),
        PersonRole.client: lazy("Invite %(name)s as a client"),
        PersonRole.therapist: lazy("Invite %(name)s as a therapist"),
    },
    Act.reset: {
        PersonRole.admin: lazy("Reset the password of %(name)s, an admin"),
        PersonRole.client: lazy("Reset the password of %(name)s, a client"),
        PersonRole.therapist: lazy("Reset the password of %(name)s, a therapist"),
    },
    Act.reset_factors: {
        PersonRole.admin: lazy("Take every way to sign in away from %(name)s, an admin"),
        PersonRole.client: lazy("Take every way to sign in away from %(name)s, a client"),
        PersonRole.therapist: lazy("Take every way to sign in away from %(name)s, a therapist"),
    },
}


class Notice(StrEnum):
    """What has just happened, as an address may say it."""

    approved = "approved"
    assigned = "assigned"
    care_ended = "care-ended"
    cover_arranged = "cover-arranged"
    cover_ended = "cover-ended"
    disabled = "disabled"
    enabled = "enabled"
    enable_proposed = "enable-proposed"
    exports_held = "exports-held"
    exports_released = "exports-released"
    factor_reset_asked = "factor-reset-asked"
    factor_reset_proposed = "factor-reset-proposed"
    factor_reset_withdrawn = "factor-reset-withdrawn"
    invitation_proposed = "invitation-proposed"
    invitation_withdrawn = "invitation-withdrawn"
    invited = "invited"
    role_proposed = "role-proposed"
    key_made = "key-made"
    key_waits = "key-waits"
    practice_saved = "practice-saved"
    program_changed = "program-changed"
    program_disabled = "program-disabled"
    program_enabled = "program-enabled"
    program_registered = "program-registered"
    proposal_withdrawn = "proposal-withdrawn"
    reset = "reset"
    reset_proposed = "reset-proposed"
    sent_again = "sent-again"
    session_ended = "session-ended"
    sessions_ended = "sessions-ended"
    signed_out = "signed-out"


NOTICES = {
    Notice.approved: lazy("Approved and carried out."),
    Notice.assigned: lazy("Assigned. Client and therapist are told by mail."),
    Notice.care_ended: lazy("The care has ended. Client and therapist are told by mail."),
    Notice.cover_arranged: lazy("Arranged. Everybody concerned is told by mail."),
    Notice.cover_ended: lazy("The cover has ended. Everybody concerned is told by mail."),
    Notice.disabled: lazy("The account is disabled, and every session of theirs was ended."),
    Notice.enabled: lazy("The account is open again. They sign in as before."),
    Notice.enable_proposed: lazy("Asked for, and not done yet: it waits, as the list below says."),
    Notice.exports_held: lazy("Nothing of theirs can be exported now. Nobody is told."),
    Notice.exports_released: lazy("Their exports can go again."),
    Notice.factor_reset_asked: lazy("Asked for. A mail tells them now; unless they object, it is done a day from now."),
    Notice.factor_reset_proposed: lazy(
        "Asked for, and told to them by mail. It waits for a second person, as the list below says."
    ),
    Notice.factor_reset_withdrawn: lazy("Withdrawn. They sign in as before."),
    Notice.invitation_proposed: lazy("Asked for, and not sent yet: the invitation waits, as the list below says."),
    Notice.invitation_withdrawn: lazy("The invitation is withdrawn. Its link does not open any more."),
    Notice.invited: lazy("The invitation is on its way by mail."),
    Notice.role_proposed: lazy("Asked for, and not done yet: the change waits, as the list below says."),
    Notice.key_made: lazy("The next key is published. It signs as soon as everybody has had time to fetch it."),
    Notice.key_waits: lazy("The next key is published already and waits for its time, so no other one was made."),
    Notice.practice_saved: lazy("Saved. It shows on every page within seconds."),
    Notice.program_changed: lazy("Saved. It holds within seconds."),
    Notice.program_disabled: lazy("The program is disabled, and what people allowed it has ended."),
    Notice.program_enabled: lazy("The program can be used again. People sign in to it anew."),
    Notice.program_registered: lazy("The program is registered. Give its maker the client id below."),
    Notice.proposal_withdrawn: lazy("Withdrawn. It will not be carried out."),
    Notice.reset: lazy(
        "The old password does not open the account any more, and every session was ended. "
        "A link to choose a new one is on its way by mail."
    ),
    Notice.reset_proposed: lazy("Asked for, and not done yet: the reset waits, as the list below says."),
    Notice.sent_again: lazy("A new invitation is on its way by mail. The earlier link does not open any more."),
    Notice.session_ended: lazy("The session was ended."),
    Notice.sessions_ended: lazy("Every session was ended."),
    Notice.signed_out: lazy("You were signed out in between, so nothing was changed."),
}
REFUSALS = {
    "account_disabled": lazy("This account is disabled. Enable it first."),
    "address_taken": lazy("Somebody here has this address already. Search for it under People."),
    "already_asked": lazy("This was asked for already, and waits for its day to pass."),
    "already_assigned": lazy("This therapist treats this client already."),
    "already_proposed": lazy("This waits for a second person already, under Proposals."),
    "built_in": lazy("This belongs to the system itself and is not changed here."),
    "changed_meanwhile": lazy("Somebody else has changed this since you opened it."),
    "already_so": lazy("That is so already."),
    "client_stays": lazy("A client's account stays a client's. Invite them with another address as staff."),
    "import_has_faults": lazy("Some rows of this file cannot be used. Correct them and upload it again."),
    "last_admin": lazy("This is the practice's only admin who can sign in. Make somebody else an admin first."),
    "needs_another_person": lazy("You asked for this yourself, so another admin has to approve it."),
    "no_account_yet": lazy("They have not taken up their invitation yet. Send that again instead."),
    "no_longer_open": lazy("This has ended in the meantime: it was carried out, taken up or withdrawn."),
    "own_account": lazy("Nobody does this to their own account. Another admin can."),
    "proposer_gone": lazy("Whoever asked for this is not an admin any more. Withdraw it and ask for it anew."),
    "still_treating": lazy("They still treat clients. Hand these over and end their care first."),
    "unfit": lazy("A client and a therapist with open accounts are needed, and one of the two is not that any more."),
}


def shown_notice(code: str) -> dict[str, str] | None:
    """Text and tone of a notice in an address; None for anything that is not one of ours."""
    if code not in set(Notice):
        return None
    return {"text": str(NOTICES[Notice(code)]), "tone": "glow" if code == Notice.signed_out else "sage"}


def refusal_words(problem: UpstreamProblem) -> str:
    """Why auth refused an act, for whoever asked for it. Raises the problem again where it is not about the act."""
    codes = [error.code for error in problem.upstream.errors]
    words = next((REFUSALS[code] for code in (problem.upstream.code, *codes) if code in REFUSALS), None)
    if words is None:
        raise problem
    return str(words)


def proposal_title(proposal: Proposal) -> str:
    """The act in a few words, for example `Invite Ada Lindqvist as a therapist`."""
    role = proposal.becomes or proposal.about.role
    return str(TITLES[proposal.act][role]) % {"name": proposal.about.name}


def proposal_outcome(proposal: Proposal) -> str:
    """How a proposal ended, and by whom."""
    match proposal.state:
        case ProposalState.carried_out if proposal.approved_by:
            return _("approved by %(name)s", name=proposal.approved_by.name)
        case ProposalState.carried_out:
            return _("carried out when its time had come")
        case ProposalState.withdrawn if proposal.withdrawn_by:
            return _("withdrawn by %(name)s", name=proposal.withdrawn_by.name)
        case ProposalState.withdrawn:
            return _("it was withdrawn")
        case ProposalState.failed:
            return _("not carried out: it did not fit any more")
    return _("waits")


def reset_words(reset: Link, zone: str) -> str:
    """The link of a reset: its state, when it was mailed and, while it is open, until when."""
    values = {"state": LINKS[reset.state], "mailed": moment(reset.created_at, zone)}
    if reset.state == LinkState.open:
        until = moment(reset.expires_at, zone)
        return _("%(state)s, mailed %(mailed)s, opens until %(until)s", **values, until=until)
    return _("%(state)s, mailed %(mailed)s", **values)


FILTERS: dict[str, Callable[..., object]] = {
    "a_role": ROLES.__getitem__,
    "account_state_tone": STATE_TONES.__getitem__,
    "account_state_words": STATES.__getitem__,
    "link_words": LINKS.__getitem__,
    "proposal_outcome": proposal_outcome,
    "proposal_title": proposal_title,
    "reset_words": reset_words,
    "role_tone": ROLE_TONES.__getitem__,
    "role_words": ROLES_OF_ONE.__getitem__,
}
