"""The Shared Signals plans' receiver: it finds everything by the transmitter's document, and checks every answer."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from afterglow_foundation.security_events.events import CAEP, SSF
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import text

from tests.auth.arranging import ISSUER
from tests.auth.conformance.suite import Suite
from tests.auth.events.receiving import Receiver

WELL_KNOWN = "/.well-known/ssf-configuration/auth"
POLL = "urn:ietf:rfc:8936"
VERIFICATION = f"{SSF}/verification"
ASKED_FOR = [f"{CAEP}/session-revoked", f"{CAEP}/credential-change", f"{CAEP}/device-compliance-change"]
WANTED = {
    "description": "Stream of the suite",
    "events_requested": ASKED_FOR,
    "delivery": {"method": POLL},
}
BROKEN = b";{ broken"
REST = text("UPDATE event_receivers SET verification_asked_at = verification_asked_at - interval '1 minute'")


@dataclass
class Signals:
    """`stream` is what the last answer said of the stream; `state` what was sent with the last verification request."""

    suite: Suite
    receiver: Receiver
    stream: dict[str, Any]
    state: str = ""

    @property
    def named(self) -> dict[str, str]:
        return {"stream_id": self.stream["stream_id"]}

    async def metadata(self) -> dict[str, Any]:
        answer = await self.suite.http.get(WELL_KNOWN)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        return dict(answer.json())

    async def call(self, endpoint: str, method: str, **sent: Any) -> httpx.Response:
        """A request to an endpoint of the document, with the receiver's token unless `token` is another."""
        return await self.receiver.send(method, urlsplit((await self.metadata())[endpoint]).path, **sent)

    async def configure(self, method: str, **sent: Any) -> httpx.Response:
        return await self.call("configuration_endpoint", method, **sent)

    async def create(self, **wanted: Any) -> dict[str, Any]:
        """A new stream, described as SSF 1.0 §8.1.1 wants it."""
        answer = await self.configure("POST", json=wanted or WANTED)
        assert answer.status_code == 201, answer.text
        self.stream = checked(answer)
        return self.stream

    async def create_and_delete(self) -> None:
        """An id that was one, and is none any more."""
        await self.create()
        assert (await self.configure("DELETE", params=self.named)).status_code == 204

    async def read_status(self, **sent: Any) -> httpx.Response:
        return await self.call("status_endpoint", "GET", params=self.named, **sent)

    async def set_status(self, status: str) -> None:
        answer = await self.call("status_endpoint", "POST", json=self.named | {"status": status})
        assert (answer.status_code, answer.json()) == (200, self.named | {"status": status})

    async def verify(self) -> None:
        """Ask for a verification event, after the shortest interval between two."""
        async with self.suite.database.arrange() as session:
            await session.execute(REST)
        self.state = f"state {time.monotonic_ns()}"
        answer = await self.call("verification_endpoint", "POST", json=self.named | {"state": self.state})
        assert (answer.status_code, answer.content) == (204, b"")

    async def poll(self, *, at_once: bool = True, **members: Any) -> dict[str, str]:
        """One request to the stream's own address."""
        asked = {"returnImmediately": at_once, **members}
        answer = await self.receiver.send("POST", urlsplit(self.stream["delivery"]["endpoint_url"]).path, json=asked)
        assert answer.status_code == 200, answer.text
        assert answer.json().keys() == {"sets", "moreAvailable"}
        return dict(answer.json()["sets"])

    async def checked_set(self, event_id: str, token: str) -> dict[str, Any]:
        """The claims of a security event token for this stream (SSF 1.0 §4.1), whose signature a published key made."""
        keys = (await self.suite.http.get(urlsplit((await self.metadata())["jwks_uri"]).path)).json()
        decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["ES256"])
        claims = dict(decoded.claims)
        assert decoded.header["typ"] == "secevent+jwt"
        assert claims["jti"] == event_id
        assert (claims["iss"], claims["aud"]) == (self.stream["iss"], self.stream["aud"])
        assert claims["iat"] <= time.time()
        assert len(claims["events"]) == 1
        assert not claims.keys() & {"sub", "exp"}
        return claims

    async def verified(self, sets: dict[str, str]) -> str:
        """The id of the one verification event among `sets`, which answers the last request."""
        ((event_id, token),) = sets.items()
        claims = await self.checked_set(event_id, token)
        assert claims["events"] == {VERIFICATION: {"state": self.state}}
        assert claims["sub_id"] == {"format": "opaque", "id": self.stream["stream_id"]}
        return event_id


def checked(answer: httpx.Response) -> dict[str, Any]:
    """A stream's configuration: what must be there, and the types of what may be."""
    assert answer.headers["content-type"] == "application/json"
    said = dict(answer.json())
    assert said["iss"] == ISSUER
    assert said["aud"]
    assert said["delivery"]["method"] == POLL
    assert urlsplit(said["delivery"]["endpoint_url"]).path
    assert set(said["events_delivered"]) <= set(said["events_supported"]) & set(said.get("events_requested", ASKED_FOR))
    assert isinstance(said["stream_id"], str)
    assert all(isinstance(said[name], int) for name in ("min_verification_interval", "inactivity_timeout"))
    return said


def unauthorized(answer: httpx.Response, error: str | None = "invalid_token") -> None:
    """RFC 6750 §3: 401 and a challenge, which names no error where no token was sent."""
    assert answer.status_code == 401, answer.text
    challenge = answer.headers["www-authenticate"]
    assert challenge.lower().startswith("bearer")
    assert (f'error="{error}"' in challenge) if error else ("error=" not in challenge)
