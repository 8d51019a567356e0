"""Somebody at a browser of their own, who fills in auth's form wherever it is shown."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.sign_in import submit_password
from tests.auth.arranging import is_sign_in_page

MOST_STEPS = 20


@dataclass
class Person:
    """`base_url` is the provider's, over TLS that only `authority` vouches for."""

    base_url: str
    account: dict[str, Any]
    authority: Path
    browser: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        trust = ssl.create_default_context(cafile=str(self.authority))
        self.browser = httpx.Client(verify=trust, timeout=30)

    def visit(self, address: str, until: str) -> httpx.URL:
        """Go where `address` leads; where a redirect leads to `until` (a prefix) it is returned and not opened."""
        answer = self.browser.get(address)
        for _ in range(MOST_STEPS):
            if answer.has_redirect_location:
                following = answer.url.join(answer.headers["location"])
                if str(following).startswith(until):
                    return following
                answer = self.browser.get(following)
            elif is_sign_in_page(answer):
                answer = submit_password(self.browser, answer, self.account)
            else:
                assert answer.is_success, answer.text
                return answer.url
        raise AssertionError(f"{address} leads round in circles, by way of {answer.url}")

    def is_signed_in(self, request: str) -> bool:
        """Whether an authorization request with prompt=none gets a code."""
        answer = self.browser.get(f"{request}&prompt=none")
        return "code=" in answer.headers.get("location", "")
