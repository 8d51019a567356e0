"""The suite under the FAPI 2.0 security profile: requests are pushed, tokens bound to a key; there are two clients."""

from dataclasses import dataclass, field
from typing import Any

import httpx
from afterglow_foundation.testing.people import BASE_URL
from afterglow_foundation.testing.proofs import KeyHolder
from sqlalchemy import text

from tests.auth.arranging import Program
from tests.auth.conformance.suite import Suite, refused

AGE_PUSHED = text("UPDATE pushed_requests SET expires_at = expires_at - make_interval(secs => :seconds)")


@dataclass
class FapiSuite(Suite):
    second: Program = field(kw_only=True)
    server_nonce: str | None = None

    async def prove(
        self, path: str, form: dict[str, str], holder: KeyHolder | None = None, **changes: Any
    ) -> httpx.Response:
        """A form with a proof of the client's key, once more where the server wants its nonce in it (RFC 9449 §8)."""
        holder = holder or self.program.holder
        for _ in range(2):
            proof = holder.proof("POST", f"{BASE_URL}{path}", **{"nonce": self.server_nonce, **changes})
            answer = await self.http.post(path, data=form, headers={"dpop": proof})
            self.server_nonce = answer.headers.get("dpop-nonce", self.server_nonce)
            if answer.is_success or answer.json().get("error") != "use_dpop_nonce":
                break
        return answer

    async def exchange(self, form: dict[str, str]) -> httpx.Response:
        return await self.prove("/auth/token", form)

    async def ask_user_info(self, tokens: dict[str, Any], method: str = "GET", **changes: Any) -> httpx.Response:
        """The resource that the suite asks for: with a proof made for this request and this token."""
        shown = self.program.holder.headers(tokens["access_token"], method, f"{BASE_URL}/auth/userinfo", **changes)
        return await self.http.request(method, "/auth/userinfo", headers=shown)

    async def push_bound(self, **changes: str | None) -> dict[str, str]:
        """Hand a request in with a proof, which binds its code to the key (RFC 9449 §10)."""
        answer = await self.prove("/auth/par", {**self.request(**changes), **self.program.proof()})
        assert answer.status_code == 201, answer.text
        return {"client_id": self.program.client_id, "request_uri": answer.json()["request_uri"]}

    async def push(self, *, assertion: str | None = None, **changes: str | None) -> httpx.Response:
        """A request at the pushed authorization request endpoint (RFC 9126 §2.1)."""
        return await self.http.post("/auth/par", data={**self.request(**changes), **self.program.proof(assertion)})

    async def reference(self, **changes: str | None) -> dict[str, str]:
        """The parameters with which the browser then comes (RFC 9126 §4)."""
        answer = await self.push(**changes)
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert 5 <= answer.json()["expires_in"] < 600  # FAPI 2.0 §5.3.2.2
        return {"client_id": self.program.client_id, "request_uri": answer.json()["request_uri"]}

    async def ask(self, **changes: str | None) -> httpx.Response:
        return await self.open(await self.reference(**changes))

    async def open(self, parameters: dict[str, str]) -> httpx.Response:
        """The authorization endpoint, as the browser calls it."""
        return await self.http.get("/auth/authorize", params=parameters)

    async def push_is_refused(self, *errors: str, assertion: str | None = None, **changes: str | None) -> None:
        refused(await self.push(assertion=assertion, **changes), *errors)

    async def assertion_is_refused(self, header: dict[str, Any] | None = None, key: Any = None, **claims: Any) -> None:
        """At both endpoints where a client proves itself."""
        code = (await self.authorize())["code"]
        first, second = (self.program.assertion(header, key, **claims) for _ in range(2))
        await self.push_is_refused("invalid_client", "invalid_request", assertion=first)
        refused(await self.redeem(code, **self.program.proof(second)), "invalid_client", "invalid_request")

    async def wait(self, seconds: int) -> None:
        await super().wait(seconds)
        async with self.database.arrange() as session:
            await session.execute(AGE_PUSHED, {"seconds": seconds})
