"""The people of the practice in these tests, by what they are there."""

from dataclasses import dataclass
from typing import Any

from tests.web.fake_accounts import FakeAccounts

Account = dict[str, Any]


@dataclass
class Practice:
    """`care` is the therapist's of the client."""

    accounts: FakeAccounts
    care: dict[str, Any]
    client: Account
    therapist: Account
    other_therapist: Account
    guest: Account
    disabled: Account
    own: Account
    colleague: Account

    def page(self, who: str, *further: str) -> str:
        """The address of somebody's page, or of one below it."""
        return "/".join(["/people", getattr(self, who)["id"], *further])

    def changed(self) -> list[tuple[str, str]]:
        """What auth was asked to change, in order."""
        asked = [request for request in self.accounts.requests if request.method != "GET"]
        return [(request.method, self.accounts.path_of(request)) for request in asked]
