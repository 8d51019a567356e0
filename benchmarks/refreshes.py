"""Refreshes: each connection holds a family of its own and exchanges the token it got last."""

import json
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import urlsplit

from afterglow_foundation.testing.proofs import KeyHolder

from benchmarks.load import CONNECTIONS, Answer, request_bytes
from benchmarks.sign_in import api_tokens, proof
from benchmarks.system import System
from benchmarks.ways import INSERT_BEHIND, Way

OK = 200


@dataclass
class Family:
    """One refresh family of the public client; every exchange is durable and watched for reuse.

    With a `key` the family is bound to that, and each request proves it anew for the `nonce` that came last.
    """

    base_url: str
    token: str
    key: KeyHolder | None = None
    nonce: str | None = None

    def __post_init__(self) -> None:
        self.host = urlsplit(self.base_url).netloc

    def request(self) -> bytes:
        """Little is worked out for each: the load runs on the same cores as what it measures."""
        form = f"grant_type=refresh_token&client_id=demo-public&refresh_token={self.token}"
        headers = {"Content-Type": "application/x-www-form-urlencoded", **proof(self.base_url, self.key, self.nonce)}
        return request_bytes("POST", "/auth/token", self.host, headers, form.encode())

    def answered(self, answer: Answer) -> bool:
        if answer.status == OK:
            self.token = json.loads(answer.body)["refresh_token"]
        if self.key:
            self.nonce = answer.header("dpop-nonce") or None
        return True


def ways(system: System) -> list[Way]:
    """Families are begun here, once: the letters and events of a sign-in would be sent while the first ones refresh."""
    account, url = system.account("client", 2), system.base_url

    def family(key: KeyHolder | None = None) -> Family:
        tokens = api_tokens(url, account, key=key)
        return Family(url, tokens["refresh_token"], key, tokens.get("nonce"))

    plain, bound = (cycle([family(key()) for _ in range(CONNECTIONS)]) for key in (lambda: None, KeyHolder))
    return [
        Way("refresh", url, plain.__next__, (OK,), INSERT_BEHIND),
        Way("refresh, bound to a key (DPoP)", url, bound.__next__, (OK,), INSERT_BEHIND),
    ]
