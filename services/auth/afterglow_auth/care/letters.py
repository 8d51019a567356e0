"""What client and therapist are told when care begins or ends: that something changed, never what."""

from afterglow_design.languages import lazy

from afterglow_auth.mail.letters import Context, Letter, Writing


async def write_change(writing: Writing) -> Context | None:
    """Nothing for somebody whose account is disabled; `joined` says whether they can look already."""
    if writing.person is None or writing.person.disabled_at:
        return None
    return {"staff": writing.person.is_staff, "joined": writing.person.joined_at is not None}


CARE_CHANGED = Letter("care_changed", lazy("A change at your practice"), write_change)
