"""What audit events say in plain words: every verb of every part of the portal, and what it refused.

A refused permission is kept under the permission's own name, so its words name an act that was not done.
"""

from collections.abc import Callable, Iterable
from typing import Any

from afterglow_design.languages import LazyString, _, lazy
from afterglow_foundation.audit.reading import AuditEventOut
from markupsafe import Markup

from afterglow_web.auditing.sources import Source

SERVICES: dict[Source, LazyString] = {
    Source.auth: lazy("Accounts and sign-in"),
    Source.messaging: lazy("Messages"),
    Source.portal: lazy("Records"),
    Source.web: lazy("Pages"),
}
WORDS: dict[str, LazyString] = {
    "access_log:read": lazy("Looking at who opened what of a client"),
    "account:changed": lazy("Changed their own name, language or time zone"),
    "account:read": lazy("Looking at one's own account"),
    "administration.recorded": lazy("Recorded what was given in a session"),
    "agenda.read": lazy("Read the lines pinned for the next session"),
    "agenda:read": lazy("Reading the lines pinned for the next session"),
    "agenda:write": lazy("Pinning lines for the next session"),
    "audit.read": lazy("Read what the audit keeps"),
    "audit:read": lazy("Read what the audit keeps"),
    "care:assigned": lazy("Began the care of a client"),
    "care:ended": lazy("Ended the care of a client"),
    "care:listed": lazy("Looked at who treats whom"),
    "care:read": lazy("Looking at who treats whom"),
    "care:write": lazy("Beginning or ending care"),
    "caseload.read": lazy("Looked at the caseload"),
    "caseload:read": lazy("Looking at the caseload"),
    "check_in.created": lazy("Saved a check-in"),
    "check_in.edited": lazy("Changed a check-in"),
    "check_in.erased": lazy("Deleted a check-in"),
    "check_in.imported": lazy("A check-in was imported"),
    "check_in.read": lazy("Opened a check-in"),
    "check_in.readings_read": lazy("Looked at who opened a check-in"),
    "check_in.released": lazy("Opened a check-in for a session that began"),
    "check_in.versions_read": lazy("Looked at earlier versions of a check-in"),
    "check_ins.read": lazy("Looked at check-ins"),
    "check_ins:read": lazy("Looking at check-ins"),
    "check_ins:write": lazy("Writing check-ins"),
    "choice.made": lazy("Chose who may see what"),
    "choices:read": lazy("Looking at the standing choices"),
    "choices:write": lazy("Making the standing choices"),
    "client.opened": lazy("Opened a client's record"),
    "client_assertion:reused": lazy("A program proved itself with a proof that was used before"),
    "clients:read": lazy("Opening a client's record"),
    "code:replayed": lazy("A sign-in code was used a second time"),
    "conversation.marked": lazy("Marked messages as read"),
    "conversation.opened": lazy("A conversation was opened"),
    "conversation.read": lazy("Opened a conversation"),
    "conversations.listed": lazy("Looked at the conversations"),
    "conversations:read": lazy("Looking at the conversations"),
    "consent:given": lazy("Allowed a program of others in"),
    "consent:taken_back": lazy("Took back what a program of others was allowed"),
    "course.begun": lazy("Began a course of treatment"),
    "course.edited": lazy("Changed a course of treatment"),
    "course.imported": lazy("A course of treatment was imported"),
    "course.read": lazy("Opened a course of treatment"),
    "course_session.cancelled": lazy("Cancelled a session of treatment"),
    "course_session.changed": lazy("Changed a session of treatment"),
    "course_session.ended": lazy("Ended a session of treatment"),
    "course_session.planned": lazy("Planned a session of treatment"),
    "course_session.started": lazy("Started a session of treatment"),
    "course:read": lazy("Opening a course of treatment"),
    "course:write": lazy("Writing a course of treatment"),
    "cover:arranged": lazy("Arranged that somebody stands in for a therapist"),
    "cover:ended": lazy("Ended a time in which somebody stood in for a therapist"),
    "covers:listed": lazy("Looked at who stands in for whom"),
    "curve.read": lazy("Looked at a curve"),
    "dose_curve:read": lazy("Looking at a dose curve"),
    "event_stream:changed": lazy("A part of the portal changed how it is told of changes"),
    "event_stream:created": lazy("A part of the portal asked to be told of changes"),
    "event_stream:deleted": lazy("A part of the portal asked to be told no more"),
    "event_streams:write": lazy("A part of the portal settling how it is told of changes"),
    "events:read": lazy("A part of the portal took everything over"),
    "exports:held": lazy("Held somebody's exports"),
    "exports:hold": lazy("Holding somebody's exports"),
    "exports:release": lazy("Releasing somebody's exports"),
    "exports:released": lazy("Released somebody's exports"),
    "factor:tried": lazy("A second step was tried"),
    "factor_reset:asked": lazy("Asked to take every way in of somebody away"),
    "factor_reset:carried_out": lazy("Every way in was taken away"),
    "factor_reset:objected": lazy("Objected to losing their way in"),
    "factor_reset:withdrawn": lazy("Left a way in as it was"),
    "import:carried_out": lazy("Invited everybody in a file"),
    "import:made": lazy("Uploaded a file of people"),
    "import:read": lazy("Looked at a file of people"),
    "import:started": lazy("Had everybody in a file invited"),
    "invitation:accepted": lazy("Took an invitation up"),
    "invitation:made": lazy("Invited somebody"),
    "invitation:sent_again": lazy("Sent an invitation again"),
    "invitation:withdrawn": lazy("Withdrew an invitation"),
    "invitations:listed": lazy("Looked at the invitations"),
    "invitations:read": lazy("Looking at the invitations"),
    "invitations:write": lazy("Inviting somebody"),
    "journal.earlier_shared": lazy("Shared earlier journal entries with somebody new"),
    "journal.read": lazy("Looked at the list of shared journal entries"),
    "journal:read": lazy("Reading a journal"),
    "journal:write": lazy("Writing in a journal"),
    "journal_entry.created": lazy("Wrote in their journal"),
    "journal_entry.edited": lazy("Changed a journal entry"),
    "journal_entry.erased": lazy("Erased a journal entry"),
    "journal_entry.imported": lazy("A journal entry was imported"),
    "journal_entry.read": lazy("Opened a journal entry"),
    "journal_entry.released": lazy("Opened a journal entry for a session that began"),
    "journal_entry.shared": lazy("Shared a journal entry"),
    "journal_entry.unshared": lazy("Took a shared journal entry back"),
    "journal_entry.versions_read": lazy("Looked at earlier versions of a journal entry"),
    "keys:read": lazy("Looking at the signing keys"),
    "keys:rotate": lazy("Making the next signing key"),
    "line.pinned": lazy("Pinned a line for the next session"),
    "line.settled": lazy("Took a line that was read off the agenda"),
    "line.unpinned": lazy("Took a pinned line back"),
    "message.sent": lazy("Sent a message"),
    "messages.read": lazy("Read messages"),
    "messages:follow": lazy("Following messages as they come"),
    "messages:read": lazy("Reading messages"),
    "messages:send": lazy("Sending messages"),
    "names:read": lazy("Looked names up for the audit"),
    "notices:asked": lazy("Asked for notices at another address"),
    "notices:confirmed": lazy("Confirmed another address for notices"),
    "notices:stopped": lazy("Stopped notices at another address"),
    "oauth_client:authentication": lazy("A program could not prove what it is"),
    "oauth_client:authorized": lazy("Signed in to a program"),
    "oauth_client:changed": lazy("Changed a program"),
    "oauth_client:disabled": lazy("Disabled a program"),
    "oauth_client:enabled": lazy("Enabled a program"),
    "oauth_client:keys_changed": lazy("Gave a program other keys"),
    "oauth_client:read": lazy("Looked at a program"),
    "oauth_client:registered": lazy("Registered a program"),
    "oauth_clients:listed": lazy("Looked at the programs"),
    "oauth_clients:read": lazy("Looking at the programs"),
    "oauth_clients:write": lazy("Changing programs"),
    "passkey:added": lazy("Added a passkey"),
    "passkey:removed": lazy("Removed a passkey"),
    "passkey:renamed": lazy("Renamed a passkey"),
    "password:changed": lazy("Chose another password"),
    "password:removed": lazy("Removed their password"),
    "people:change_role": lazy("Giving somebody another role"),
    "people:disable": lazy("Disabling or enabling an account"),
    "people:listed": lazy("Looked at the list of people"),
    "people:read": lazy("Looking at people"),
    "people:reset": lazy("Resetting somebody's way in"),
    "people:write": lazy("Changing people"),
    "person.not_live": lazy("Came with an account that is closed"),
    "person:created": lazy("An account was made"),
    "person:disabled": lazy("Disabled an account"),
    "person:enabled": lazy("Enabled an account"),
    "person:read": lazy("Looked at an account"),
    "practice:changed": lazy("Changed the practice's settings"),
    "practice:logo_changed": lazy("Changed the practice's logo"),
    "practice:read": lazy("Looking at the practice's settings"),
    "practice:write": lazy("Changing the practice's settings"),
    "programs:read": lazy("Looking at the programs"),
    "programs:write": lazy("Changing programs"),
    "proof:refused": lazy("Somebody used a token without the key it is bound to, or showed a bad proof of one"),
    "proposal:approved": lazy("Approved a proposal"),
    "proposal:carried_out": lazy("A proposal was carried out"),
    "proposal:made": lazy("Asked for something that takes a second person"),
    "proposal:read": lazy("Looked at a proposal"),
    "proposal:withdrawn": lazy("Withdrew a proposal"),
    "proposals:decide": lazy("Deciding on a proposal"),
    "proposals:listed": lazy("Looked at the proposals"),
    "proposals:read": lazy("Looking at the proposals"),
    "proposals:withdraw": lazy("Withdrawing a proposal"),
    "read_marks:move": lazy("Marking messages as read"),
    "pushed_request:reused": lazy("A program's request to sign in was used a second time"),
    "recovery:asked": lazy("Asked for another password by mail"),
    "recovery:used": lazy("Chose another password by mail"),
    "recovery_code:used": lazy("Used a recovery code"),
    "recovery_codes:made": lazy("Made recovery codes"),
    "recovery_codes:removed": lazy("Removed recovery codes"),
    "refresh_token:reused": lazy("A program used a token a second time"),
    "reset:made": lazy("Reset a password"),
    "reset:used": lazy("Chose a password after a reset"),
    "role:changed": lazy("Gave somebody another role"),
    "session.revoked": lazy("Came with a session that is over"),
    "session:cross_site": lazy("A form came from another site"),
    "session:end": lazy("Signed out"),
    "session:ended": lazy("Ended a session"),
    "session:prove": lazy("Proving anew who one is"),
    "session:start": lazy("Opened the pages"),
    "session:step_up": lazy("Proved anew who they are"),
    "session:wrong_token": lazy("A form came from an earlier sign-in"),
    "sessions:end": lazy("Ending sessions"),
    "sessions:ended": lazy("Ended every session"),
    "sessions:listed": lazy("Looked at sessions"),
    "sessions:read": lazy("Looking at sessions"),
    "sign_in": lazy("Signed in"),
    "signing_key:rotated": lazy("Made the next signing key"),
    "signing_keys:listed": lazy("Looked at the signing keys"),
    "signing_keys:read": lazy("Looking at the signing keys"),
    "signing_keys:rotate": lazy("Making the next signing key"),
    "terms:accepted": lazy("Accepted the terms"),
    "token:exchanged": lazy("A part of the portal went on to another for somebody"),
    "token:introspected": lazy("A program asked whether a sign-in still holds"),
    "token:revoked": lazy("A program was signed out of an account"),
    "totp:added": lazy("Added an app for codes"),
    "totp:removed": lazy("Removed an app for codes"),
    "unread:count": lazy("Counting unread messages"),
    "user_info:read": lazy("Asking who one is"),
    "voice_note.added": lazy("Added a voice note to their journal"),
    "voice_note.erased": lazy("Erased a voice note"),
    "voice_note.read": lazy("Played a voice note"),
    "voice_notes.read": lazy("Looked at which voice notes an entry has"),
    "wake_ups:follow": lazy("Following wake-ups of another part"),
}
PURPOSES: dict[str, LazyString] = {
    "account_disabled": lazy("the account is disabled"),
    "change_role": lazy("another role"),
    "enable": lazy("opening an account again"),
    "expired": lazy("its time was over"),
    "forged_form": lazy("the form was not ours"),
    "garbled": lazy("the link was not complete"),
    "import": lazy("brought over from elsewhere"),
    "invite": lazy("an invitation"),
    "not_right": lazy("address and password did not belong together"),
    "operator": lazy("from the host's command line"),
    "replaced": lazy("there is a newer link"),
    "reset": lazy("another password"),
    "reset_factors": lazy("every way to sign in"),
    "step_up": lazy("asked to prove it anew first"),
    "too_soon": lazy("too many tries"),
    "used": lazy("the link had been used"),
    "withdrawn": lazy("the link was withdrawn"),
}
SETTINGS: dict[str, LazyString] = {  # of the practice, as auth names those that were changed
    "address": lazy("address"),
    "crisis_line": lazy("help in a crisis, in one sentence"),
    "crisis_services": lazy("ways to get help"),
    "default_language": lazy("own language"),
    "hours": lazy("hours"),
    "languages": lazy("languages"),
    "mail_sender": lazy("sender of mails"),
    "name": lazy("name"),
    "neutral_name": lazy("neutral name"),
    "quick_exit": lazy("where “Leave now” leads"),
    "service_area": lazy("where it may treat people"),
    "telephone": lazy("telephone"),
    "terms": lazy("terms"),
    "words": lazy("words in another language"),
}
ROLES: dict[str, LazyString] = {
    "admin": lazy("admin"),
    "client": lazy("client"),
    "service": lazy("part of the portal"),
    "therapist": lazy("therapist"),
}
OPERATOR = "operator"


def event_words(event: AuditEventOut) -> str:
    """The act; the word that a newer part of the portal keeps it under, where we have none of our own yet."""
    return str(WORDS.get(event.action, event.action))


def purpose_words(purpose: str) -> str:
    """Why; where we have no words, such as for a program's name, what is kept, marked as such.

    Of an act in somebody's stead the part of the portal that acted stands before it.
    """
    named = purpose.split()
    if named and SETTINGS.keys() >= set(named):
        return ", ".join(str(SETTINGS[name]) for name in named)
    part, _colon, why = purpose.partition(": ")
    if why in PURPOSES:
        return Markup("<code>{}</code>: {}").format(part, PURPOSES[why])
    known = PURPOSES.get(purpose)
    return str(known) if known else Markup("<code>{}</code>").format(purpose)


def nobody_words(event: AuditEventOut) -> str:
    """Who did it, where nobody was signed in."""
    if event.actor_role == "service":
        return _("a part of the portal")
    return _("the host's command line") if event.purpose == OPERATOR else _("nobody signed in")


def role_in_words(role: str) -> str:
    return str(ROLES.get(role, role))


def as_options(pairs: Iterable[tuple[str, Any]]) -> list[dict[str, str]]:
    """For a list to choose from."""
    return [{"value": value, "label": str(words)} for value, words in pairs]


FILTERS: dict[str, Callable[..., object]] = {
    "as_options": as_options,
    "event_words": event_words,
    "nobody_words": nobody_words,
    "purpose_words": purpose_words,
    "role_in_words": role_in_words,
}
