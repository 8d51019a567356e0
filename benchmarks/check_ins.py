"""Check-ins per second through each way in, as ratios to the bare ceiling taken in the same run."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from afterglow_foundation.identifiers import new_id

from benchmarks.load import MakeRequest, Measured, measure, repeating, request_bytes
from benchmarks.sign_in import api_tokens, browser_session
from benchmarks.system import Bare, System

ROUNDS = 3
NOTE = "Slept seven hours, walked to the lake and back, the evening was lighter than the morning."


@dataclass(frozen=True)
class Way:
    """One way to send check-ins: where, what, and which answer counts."""

    name: str
    url: str
    make: MakeRequest
    status: int
    ceiling: str | None = None


Results = dict[str, tuple[Way, Measured]]


def check_in() -> dict[str, object]:
    return {
        "mood": 1.5,
        "energy": -0.5,
        "anxiety": 4,
        "note": NOTE,
        "felt_at": datetime.now(UTC).isoformat(),
        "time_zone": "Europe/London",
        "visibility": "therapist",
    }


def puts(url: str, token: str) -> MakeRequest:
    """PUT a new check-in each time; its id is made here, as a client would."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps(check_in()).encode()

    def make() -> bytes:
        return request_bytes("PUT", f"/api/portal/check-ins/{new_id()}", urlsplit(url).netloc, headers, body)

    return make


def forms(system: System) -> Iterator[bytes]:
    """Post the check-in form as a browser does, with its cookie and token."""
    browser = browser_session(system.base_url, system.account("client", 2))
    headers = {
        "Cookie": browser.cookie,
        "Origin": system.base_url,
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    filled = browser.form | {"mood": "1.5", "energy": "-0.5", "anxiety": "4", "note": NOTE, "visibility": "therapist"}
    while True:
        body = urlencode(filled | {"id": str(new_id())}).encode()
        yield request_bytes("POST", "/check-ins", urlsplit(system.base_url).netloc, headers, body)


def ways(system: System, bare: Bare) -> list[Way]:
    """All ways, the ceilings first; a Way's `ceiling` names the one its ratio is taken to."""
    token = api_tokens(system.base_url, system.account("client", 2))["access_token"]
    portal = system.address("portal")
    nothing = request_bytes("GET", "/api/portal/nothing", urlsplit(bare.alone).netloc, {})
    nothing_behind = request_bytes("GET", "/api/portal/nothing", urlsplit(bare.gateway).netloc, {})
    return [
        Way("bare, does nothing", bare.alone, repeating([nothing]), 200),
        Way("bare, does nothing, behind the gateway", bare.gateway, repeating([nothing_behind]), 200),
        Way("bare, one INSERT", bare.alone, puts(bare.alone, token), 201),
        Way("bare, one INSERT, behind the gateway", bare.gateway, puts(bare.gateway, token), 201),
        Way("portal alone", portal, puts(portal, token), 201, "bare, one INSERT"),
        Way(
            "gateway + portal",
            system.base_url,
            puts(system.base_url, token),
            201,
            "bare, one INSERT, behind the gateway",
        ),
        Way(
            "gateway + web (form) + portal",
            system.base_url,
            forms(system).__next__,
            303,
            "bare, one INSERT, behind the gateway",
        ),
    ]


async def run(system: System, bare: Bare, seconds: float) -> Results:
    """Measure every way in turn, several rounds, so that a slow moment of the machine falls on all."""
    together: Results = {}
    for _ in range(ROUNDS):
        for way in ways(system, bare):
            once = (await measure(way.url, way.make, seconds / ROUNDS)).require(way.status)
            _, total = together.setdefault(way.name, (way, Measured()))
            total.seconds += once.seconds
            total.milliseconds += once.milliseconds
    return together
