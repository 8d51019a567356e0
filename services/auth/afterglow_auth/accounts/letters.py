"""What people are told by mail about their accounts."""

from afterglow_design.languages import lazy

from afterglow_auth.mail.letters import Context, Letter, Writing


async def write_closing(writing: Writing) -> Context | None:
    """Nothing for somebody who never came, whose invitation was withdrawn; nor when it is open again."""
    person = writing.person
    return None if person and (person.joined_at is None or person.disabled_at is None) else {}


ACCOUNT_CLOSED = Letter("account_closed", lazy("Your account was closed"), write_closing)
