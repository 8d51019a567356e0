"""Auth as portal's rounds meet it: it keeps each notice by its id and says what the test wants of it."""

import json
from datetime import datetime
from typing import Any

import httpx
from afterglow_foundation.client import ServiceClient, ServiceTokens
from joserfc.jwk import ECKey

KEY = ECKey.generate_key("P-256", {"kid": "portal-test"}, auto_kid=False)
AUTH = "http://auth.test"


class Auth:
    """`answers` are given one after the other, the last again and again: a state and its time, or a status."""

    def __init__(self, *answers: tuple[str, datetime] | int) -> None:
        self.answers = list(answers)
        self.notices: list[tuple[str, dict[str, Any]]] = []
        self.client = ServiceClient(AUTH, transport=httpx.MockTransport(self.answer))
        self.tokens = ServiceTokens(self.client, issuer=AUTH, client_id="portal", private_key=KEY, scope="notices")

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            assert b"scope=notices" in request.content
            return httpx.Response(200, json={"access_token": "for-notices", "expires_in": 300})
        assert request.headers["authorization"] == "Bearer for-notices"
        self.notices.append((request.url.path, json.loads(request.content)))
        now = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(now, int):
            return httpx.Response(now)
        state, at = now
        times = {"send_at": at.isoformat(), "sent_at": at.isoformat() if state == "sent" else None}
        return httpx.Response(200, json={"state": state, **times})
