"""Events of the audit in plain words, for the person they are about."""

from dataclasses import dataclass
from uuid import UUID

from afterglow_design.languages import LazyString, lazy
from afterglow_foundation.audit import Outcome

from afterglow_auth.audit import AuditEvent, Verb


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of one verb: as a rule, where it was not the person themselves, and when it was refused."""

    said: LazyString
    of_others: LazyString | None = None
    refused: LazyString | None = None


UNTOLD = Words(lazy("Something about your account was looked at or changed."))
REFUSED = lazy("Somebody tried to change something about your account. It was refused.")
WORDS: dict[Verb, Words] = {
    Verb.account_changed: Words(
        lazy("You changed your name, your language or your clock."),
        refused=lazy("Your name, your language or your clock was not changed: what was sent could not be used."),
    ),
    Verb.audit_read: Words(
        lazy("You looked at what the records say about you."),
        lazy("Somebody at the practice looked at when you signed in and what changed about your account."),
    ),
    Verb.break_glass_ended: Words(
        lazy("You ended the access to a record that was open in an emergency."),
        lazy("Somebody at the practice ended the access to your record that had been opened in an emergency."),
        refused=lazy("Somebody at the practice tried to end the access to your record. It was refused."),
    ),
    Verb.break_glass_listed: Words(
        lazy("You looked at who opened records in an emergency."),
        lazy("Somebody at the practice looked at who opened your record in an emergency."),
    ),
    Verb.break_glass_opened: Words(
        lazy("You opened a record in an emergency."),
        lazy("In an emergency somebody at the practice opened your record for an hour. You were told by mail."),
        refused=lazy("Somebody at the practice tried to open your record in an emergency. It was refused."),
    ),
    Verb.break_glass_reviewed: Words(
        lazy("You reviewed that a record was opened in an emergency."),
        lazy("Somebody at the practice reviewed that your record had been opened in an emergency."),
        refused=lazy("Somebody at the practice tried to review that your record had been opened. It was refused."),
    ),
    Verb.care_assigned: Words(
        lazy("You were given somebody who looks after you."),
        refused=lazy("Somebody at the practice tried to change who looks after you. It was refused."),
    ),
    Verb.care_ended: Words(
        lazy("Somebody no longer looks after you."),
        refused=lazy("Somebody at the practice tried to change who looks after you. It was refused."),
    ),
    Verb.care_listed: Words(
        lazy("You looked at who looks after you."), lazy("Somebody at the practice looked at who looks after you.")
    ),
    Verb.client_authorized: Words(lazy("You went on from here to your pages, or to a program that asked who you are.")),
    Verb.code_replayed: Words(
        lazy("A sign-in was used twice, which should not happen. To keep you safe, what it had opened was closed.")
    ),
    Verb.consent_given: Words(
        lazy("You allowed a program what it had asked for."),
        refused=lazy("A program was not allowed what it had asked for."),
    ),
    Verb.consent_taken_back: Words(
        lazy("You took back what you had allowed a program."),
        refused=lazy("What a program may do was not taken back: there was nothing to take back, or the page was old."),
    ),
    Verb.cover_arranged: Words(
        lazy("For some days somebody else looks after you."),
        refused=lazy("Somebody at the practice tried to change who looks after you. It was refused."),
    ),
    Verb.cover_ended: Words(
        lazy("Somebody who stood in for a while no longer looks after you."),
        refused=lazy("Somebody at the practice tried to change who looks after you. It was refused."),
    ),
    Verb.covers_listed: Words(
        lazy("You looked at who looks after you."), lazy("Somebody at the practice looked at who looks after you.")
    ),
    Verb.factor_tried: Words(
        lazy("Somebody tried to show that they are you."),
        refused=lazy("There were many tries to show a code or password of yours. Whoever it was had to wait."),
    ),
    Verb.factor_reset_asked: Words(lazy("The practice began to reset how you sign in. You were told by mail.")),
    Verb.factor_reset_carried_out: Words(
        lazy("How you sign in was reset."), refused=lazy("How you sign in was not reset after all.")
    ),
    Verb.factor_reset_objected: Words(
        lazy("You stopped a reset of how you sign in, by the link in the mail."),
        refused=lazy("Somebody opened the link that stops a reset, and it did not work."),
    ),
    Verb.factor_reset_withdrawn: Words(lazy("The practice took back a reset of how you sign in.")),
    Verb.invitation_accepted: Words(
        lazy("You took up your invitation."), refused=lazy("Somebody opened your invitation, and it did not work.")
    ),
    Verb.invitation_made: Words(lazy("The practice invited you.")),
    Verb.invitation_sent_again: Words(lazy("The practice sent your invitation again.")),
    Verb.invitation_withdrawn: Words(lazy("The practice took your invitation back.")),
    Verb.notice_way_chosen: Words(lazy("You chose how notices come: by mail, to your browsers, or both.")),
    Verb.notices_asked: Words(
        lazy("You asked for e-mails to go to another address."),
        refused=lazy("E-mails were not sent to another address: what was asked for could not be done."),
    ),
    Verb.notices_confirmed: Words(
        lazy("E-mails go to another address since you opened the link there."),
        refused=lazy("A link for e-mails to another address was opened, and it did not work."),
    ),
    Verb.notices_stopped: Words(lazy("E-mails go to the address you sign in with again.")),
    Verb.passkey_added: Words(
        lazy("You added a passkey."), refused=lazy("Somebody tried to add a passkey to your account and could not.")
    ),
    Verb.passkey_removed: Words(lazy("You took a passkey away."), lazy("A passkey was taken away from your account.")),
    Verb.passkey_renamed: Words(lazy("You gave a passkey another name.")),
    Verb.password_changed: Words(
        lazy("You chose another password."), refused=lazy("Another password was tried, and it would not do.")
    ),
    Verb.password_removed: Words(
        lazy("You took your password away and sign in with a passkey."),
        refused=lazy("Your password was to be taken away, and it had to stay."),
    ),
    Verb.person_created: Words(lazy("Your account was made.")),
    Verb.person_disabled: Words(lazy("The practice closed your account.")),
    Verb.person_enabled: Words(lazy("The practice opened your account again.")),
    Verb.person_read: Words(
        lazy("You looked at your account."), lazy("Somebody at the practice looked at your account.")
    ),
    Verb.proposal_approved: Words(lazy("A second person at the practice agreed to a change to your account.")),
    Verb.proposal_carried_out: Words(
        lazy("A change to your account that had waited was made."),
        refused=lazy("A change to your account that had waited was not made."),
    ),
    Verb.proposal_made: Words(lazy("Somebody at the practice asked for a change to your account.")),
    Verb.proposal_read: Words(
        lazy("You looked at a change to your account that waits."),
        lazy("Somebody at the practice looked at a change to your account that waits."),
    ),
    Verb.proposal_withdrawn: Words(lazy("A change to your account that waited was taken back.")),
    Verb.push_subscription_added: Words(lazy("You had notices come to one more browser.")),
    Verb.push_subscription_removed: Words(lazy("You had notices come to a browser no more.")),
    Verb.quiet_hours_chosen: Words(lazy("You chose when no reminders come.")),
    Verb.recovery_asked: Words(
        lazy("Somebody asked for another password for your account."),
        refused=lazy("Somebody asked for another password for your account again. No further e-mail was sent."),
    ),
    Verb.recovery_code_used: Words(
        lazy("You used a recovery code."), refused=lazy("Somebody tried a recovery code and could not get in.")
    ),
    Verb.recovery_codes_made: Words(lazy("You made new recovery codes.")),
    Verb.recovery_codes_removed: Words(lazy("Your recovery codes were taken away.")),
    Verb.recovery_used: Words(
        lazy("You chose another password, because you did not remember yours."),
        refused=lazy("Somebody opened the link for another password, and it did not work."),
    ),
    Verb.refresh_reused: Words(
        lazy("A key to your account was used twice, which should not happen. To be safe, you were signed out there.")
    ),
    Verb.reset_made: Words(lazy("The practice reset how you sign in.")),
    Verb.reset_used: Words(
        lazy("You chose how to sign in again, by the link that the practice sent."),
        refused=lazy("Somebody opened the link for signing in again, and it did not work."),
    ),
    Verb.role_changed: Words(
        lazy("What you may do at the practice was changed."),
        refused=lazy("Somebody tried to change what you may do at the practice. It was refused."),
    ),
    Verb.session_ended: Words(
        lazy("You signed out."),
        lazy("You were signed out on one device."),
        lazy("A page that was not ours tried to sign you out. It was refused."),
    ),
    Verb.sessions_ended: Words(
        lazy("You signed out on several devices at once."), lazy("The practice signed you out everywhere.")
    ),
    Verb.sessions_listed: Words(
        lazy("You looked at where you are signed in."),
        lazy("Somebody at the practice looked at when you were signed in."),
    ),
    Verb.sign_in: Words(
        lazy("You signed in."), refused=lazy("Somebody tried to sign in to your account and could not.")
    ),
    Verb.terms_accepted: Words(lazy("You accepted what we agree on.")),
    Verb.token_exchanged: Words(lazy("One part of the portal asked another for something of yours, for you.")),
    Verb.token_introspected: Words(lazy("A program asked whether a sign-in of yours still holds.")),
    Verb.token_revoked: Words(lazy("A program was signed out of your account.")),
    Verb.totp_added: Words(
        lazy("You set up an authenticator app."),
        refused=lazy("Somebody tried to set up an authenticator app and could not."),
    ),
    Verb.totp_removed: Words(
        lazy("You took your authenticator app away."), lazy("An authenticator app was taken away from your account.")
    ),
}
# About somebody and never on their page: whoever presses them for their record may stand beside them and read it.
NEVER_TOLD = frozenset({Verb.exports_held, Verb.exports_released})
NOT_ABOUT_A_PERSON = frozenset(
    {
        Verb.assertion_reused,
        Verb.client_authentication,
        Verb.client_changed,
        Verb.client_disabled,
        Verb.client_enabled,
        Verb.client_keys_changed,
        Verb.client_read,
        Verb.client_registered,
        Verb.clients_listed,
        Verb.events_read,
        Verb.import_carried_out,
        Verb.import_made,
        Verb.import_read,
        Verb.import_started,
        Verb.invitations_listed,
        Verb.key_rotated,
        Verb.keys_listed,
        Verb.names_read,
        Verb.people_listed,
        Verb.practice_changed,
        Verb.practice_logo_changed,
        Verb.proof_refused,
        Verb.proposals_listed,
        Verb.pushed_request_reused,
        Verb.stream_changed,
        Verb.stream_created,
        Verb.stream_deleted,
    }
)


REFUSED_FOR = {
    "forged_form": lazy("A page that is not ours sent a form in your name. It was refused."),
    "too_soon": lazy("There were many tries in a short time. Whoever it was had to wait."),
}


def words_of(event: AuditEvent, person_id: UUID) -> LazyString:
    """The sentence about an event; a general one for a verb that has none, or is of a newer version."""
    words = WORDS.get(Verb(event.action), UNTOLD) if event.action in set(Verb) else UNTOLD
    if event.outcome == Outcome.refused:
        return REFUSED_FOR.get(event.purpose or "") or words.refused or REFUSED
    return words.of_others or words.said if event.actor_id != person_id else words.said
