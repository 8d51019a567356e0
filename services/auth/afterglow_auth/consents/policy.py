"""Who may allow a program what.

Only clients open their records and messages to a program: they are theirs to give. Whoever works here reads what others
entrusted to them, and no program of an admin's gets at that through them.
"""

from afterglow_foundation.callers import Role

from afterglow_auth.accounts.models import Person
from afterglow_auth.oauth.scopes import IDENTITY_SCOPES, PROGRAM_SCOPES


def may_allow(person: Person, scope: str) -> list[str]:
    """Of the scopes asked for those that are this person's to give, in the order of the page."""
    open_to_them = PROGRAM_SCOPES if person.role == Role.client else IDENTITY_SCOPES
    asked = set(scope.split())
    return [one for one in open_to_them if one in asked]
