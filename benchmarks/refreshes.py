"""Refreshes: each connection holds a family of its own and exchanges the token it got last."""

import json
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from benchmarks.load import Answer, request_bytes
from benchmarks.sign_in import api_tokens
from benchmarks.system import System
from benchmarks.ways import INSERT_BEHIND, Way

OK = 200


@dataclass
class Family:
    """One refresh family of the public client; every exchange is durable and watched for reuse."""

    host: str
    token: str

    def request(self) -> bytes:
        form = {"grant_type": "refresh_token", "client_id": "demo-public", "refresh_token": self.token}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return request_bytes("POST", "/auth/token", self.host, headers, urlencode(form).encode())

    def answered(self, answer: Answer) -> bool:
        if answer.status == OK:
            self.token = json.loads(answer.body)["refresh_token"]
        return True


def ways(system: System) -> list[Way]:
    account = system.account("client", 2)
    host = urlsplit(system.base_url).netloc

    def family() -> Family:
        return Family(host, api_tokens(system.base_url, account)["refresh_token"])

    return [Way("refresh", system.base_url, family, (OK,), INSERT_BEHIND)]
