"""Check-ins through each way in, beside the bare ceilings that every other ratio is taken to as well."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from afterglow_foundation.identifiers import new_id

from benchmarks.load import Alike, MakeRequest, repeating, request_bytes
from benchmarks.sign_in import api_tokens, browser_session
from benchmarks.system import Bare, System
from benchmarks.ways import INSERT, INSERT_BEHIND, Way

NOTE = "Slept seven hours, walked to the lake and back, the evening was lighter than the morning."


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


def ceilings(bare: Bare) -> list[Way]:
    """The bare app doing nothing and doing one INSERT, alone and behind the same gateway."""
    nothing = request_bytes("GET", "/api/portal/nothing", urlsplit(bare.alone).netloc, {})
    nothing_behind = request_bytes("GET", "/api/portal/nothing", urlsplit(bare.gateway).netloc, {})
    insert, insert_behind = puts(bare.alone, "unread"), puts(bare.gateway, "unread")
    return [
        Way("bare, does nothing", bare.alone, lambda: Alike(repeating([nothing])), (200,)),
        Way("bare, does nothing, behind the gateway", bare.gateway, lambda: Alike(repeating([nothing_behind])), (200,)),
        Way(INSERT, bare.alone, lambda: Alike(insert), (201,)),
        Way(INSERT_BEHIND, bare.gateway, lambda: Alike(insert_behind), (201,)),
    ]


def ways(system: System) -> list[Way]:
    token = api_tokens(system.base_url, system.account("client", 2))["access_token"]
    portal = system.address("portal")
    direct, behind, form = puts(portal, token), puts(system.base_url, token), forms(system)
    return [
        Way("check-in: portal alone", portal, lambda: Alike(direct), (201,), INSERT),
        Way("check-in: gateway + portal", system.base_url, lambda: Alike(behind), (201,), INSERT_BEHIND),
        Way(
            "check-in: gateway + web (form) + portal",
            system.base_url,
            lambda: Alike(form.__next__),
            (303,),
            INSERT_BEHIND,
        ),
    ]
