"""What the access log says: one plain sentence for each opening, with the name and the role of who it was."""

from afterglow_design.dates import day, full_day
from afterglow_design.languages import LazyString, _, lazy
from afterglow_foundation.callers import Role

from afterglow_web.access_log.openings import Kind, Opening
from afterglow_web.wording import local_day

KINDS: dict[Kind | None, LazyString] = {
    None: lazy("Everything"),
    Kind.check_ins: lazy("Check-ins"),
    Kind.course: lazy("Course of treatment"),
    Kind.journal: lazy("Journal"),
    Kind.messages: lazy("Messages"),
    Kind.record: lazy("Record and account"),
}
OF_A_DAY: dict[str, LazyString] = {
    "check_in.read": lazy("%(who)s opened your check-in of %(day)s."),
    "check_in.released": lazy("%(who)s began your session, and your check-in of %(day)s opened for it."),
    "check_in.versions_read": lazy("%(who)s looked at what your check-in of %(day)s said before."),
    "journal_entry.read": lazy("%(who)s opened your journal entry of %(day)s."),
    "journal_entry.released": lazy("%(who)s began your session, and your journal entry of %(day)s opened for it."),
}
AUDIT_READ = lazy("%(who)s looked at the list of who did what with your record and your account.")
WORDS: dict[str, LazyString] = {
    "agenda.read": lazy("%(who)s looked at the lines that you pinned for your next session."),
    "attachment.read": lazy("%(who)s downloaded a file of your conversation."),
    "audit.read": AUDIT_READ,
    "audit:read": AUDIT_READ,
    "break_glass:ended": lazy("%(who)s ended the access to your record that had been opened in an emergency."),
    "break_glass:opened": lazy("%(who)s opened your record in an emergency, for an hour."),
    "break_glass:reviewed": lazy("%(who)s reviewed that your record had been opened in an emergency."),
    "brief.read": lazy("%(who)s opened a summary of what you shared since your last session and of what you pinned."),
    "care:listed": lazy("%(who)s looked at who treats you."),
    "caseload.read": lazy("%(who)s looked at their list of clients, which shows what you shared lately."),
    "check_in.read": lazy("%(who)s opened a check-in of yours."),
    "check_in.released": lazy("%(who)s began your session, and a check-in that you kept for it opened."),
    "check_in.versions_read": lazy("%(who)s looked at what a check-in of yours said before."),
    "check_ins.read": lazy("%(who)s looked through the check-ins that you share."),
    "client.opened": lazy("%(who)s opened your record."),
    "conversation.exported": lazy("%(who)s took your conversation out, as a file."),
    "conversation.read": lazy("%(who)s opened your conversation."),
    "course.read": lazy("%(who)s looked at your course of treatment."),
    "covers:listed": lazy("%(who)s looked at who stands in for your therapist."),
    "curve.read": lazy("%(who)s looked at the curve of what you share."),
    "journal.read": lazy("%(who)s looked at the list of the journal entries that you share."),
    "journal_entry.read": lazy("%(who)s opened a journal entry of yours."),
    "journal_entry.released": lazy("%(who)s began your session, and a journal entry that you kept for it opened."),
    "messages.read": lazy("%(who)s read messages in your conversation."),
    "messages.searched": lazy("%(who)s searched for words, and was shown messages of your conversation."),
    "person:read": lazy("%(who)s looked at your account."),
    "proposal:read": lazy("%(who)s looked at a change to your account that waits for a second person."),
    "sessions:listed": lazy("%(who)s looked at when you were signed in."),
    "voice_note.read": lazy("%(who)s played a voice note of your journal."),
    "voice_notes.read": lazy("%(who)s looked at which voice notes a journal entry of yours has."),
}
BY_THE_OPENER = ("break_glass:ended", "break_glass:opened")  # where it is a therapist's own act
OF_TOMORROW = lazy("%(who)s looked at something of yours.")
PLACES = {
    **dict.fromkeys(("check_in.read", "check_in.released", "check_in.versions_read"), "/check-ins"),
    **dict.fromkeys(("journal_entry.read", "journal_entry.released"), "/journal"),
}


def sentence(opening: Opening, zone: str) -> str:
    """What somebody opened; the year of an entry stands there only where it is another than that of the opening."""
    who = whoever(opening)
    if opening.day is None or opening.action not in OF_A_DAY:
        return str(WORDS.get(opening.action, OF_TOMORROW)) % {"who": who}
    same_year = opening.day.year == local_day(opening.at, zone).year
    return str(OF_A_DAY[opening.action]) % {"who": who, "day": (day if same_year else full_day)(opening.day)}


def whoever(opening: Opening) -> str:
    """The name and the role of somebody, as the beginning of a sentence."""
    if opening.actor_name is None:
        return _("Somebody who treated you") if opening.actor_role == Role.therapist else _("Somebody at the practice")
    if opening.actor_role != Role.therapist:
        return _("%(name)s, an admin of the practice,", name=opening.actor_name)
    if opening.in_emergency or opening.action in BY_THE_OPENER:
        return _("%(name)s, a therapist who does not treat you,", name=opening.actor_name)
    if opening.stood_in:
        return _("%(name)s, who stood in for your therapist,", name=opening.actor_name)
    return _("%(name)s, your therapist,", name=opening.actor_name)


def address(opening: Opening) -> str | None:
    """The page of what was opened, where it is one thing and still there."""
    if opening.day is None or opening.action not in PLACES:
        return None
    return f"{PLACES[opening.action]}/{opening.object_id}"
