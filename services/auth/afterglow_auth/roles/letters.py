"""What somebody is told whose role has changed."""

from afterglow_design.languages import lazy

from afterglow_auth.mail.letters import Context, Letter, Writing


async def write_change(writing: Writing) -> Context | None:
    return None if writing.person is None or writing.person.disabled_at else {}


ROLE_CHANGED = Letter("role_changed", lazy("What you can do here has changed"), write_change)
