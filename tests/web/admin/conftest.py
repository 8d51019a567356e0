"""A small practice: a client whom a therapist treats, somebody invited, somebody disabled, and two admins."""

from typing import Any

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.testing.people import Person

from tests.web.admin.practice import Practice
from tests.web.fake_accounts import FakeAccounts, account, link


@pytest.fixture
def practice(accounts: FakeAccounts, admin: Person) -> Practice:
    found: dict[str, dict[str, Any]] = {
        "client": account(1, name="Maya Lindqvist"),
        "therapist": account(2, name="Hannah Oyelaran", role="therapist"),
        "other_therapist": account(3, name="Mateo Villanueva", role="therapist"),
        "guest": account(4, name="Ida Guest", state="invited", joined_at=None),
        "disabled": account(5, name="Farid Haddad", state="disabled", disabled_at="2026-03-01T10:00:00Z"),
        "own": account(6, name=admin.name, role="admin") | {"id": str(admin.id)},
        "colleague": account(7, name="Kim Colleague", role=Role.admin),
    }
    found["guest"]["invitation"] = link(found["guest"], "0195e3a0-0000-7000-8000-0000000000f1")
    accounts.people = list(found.values())
    care = accounts.treat(found["client"], found["therapist"])
    times = {"auth_time": "2026-03-29T08:00:00Z", "expires_at": "2026-04-29T08:00:00Z"}
    accounts.sessions[found["client"]["id"]] = [
        {"id": f"0195e3a0-0000-7000-8000-0000000000e{number}", "created_at": "2026-03-29T08:00:00Z"}
        | {"last_seen_at": "2026-03-29T20:10:00Z", **times}
        for number in (1, 2)
    ]
    return Practice(accounts, care, **found)
