"""Cases that schemathesis makes of one service's OpenAPI document, sent to the app in process, each one undone."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import Any

import httpx
import requests
import schemathesis
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import BASE_URL, Person
from hypothesis import HealthCheck, Phase, given, reject, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.auth.arranging import picture
from tests.messaging.attachments.sending import numbered
from tests.portal.arranging import ago
from tests.portal.voice_notes.recording import sound
from tests.security.catalogue import CATALOGUE, DIARY, FILE, NOTE, Asking
from tests.security.scene import Scene

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
HEALTHY_OR_NOT = list(HealthCheck)  # some operations take nothing: their few cases come again and again
HALF = 0.5
MORE_AT_MOST = 2  # times as many cases, where chance has left an operation out
RAW = {  # made-up bytes are none of these
    "/api/accounts/practice/logo": picture,
    FILE + "/content": lambda: numbered(500),
    NOTE + "/content": lambda: sound(500),
}
SENT = {"method", "url", "headers", "params", "json", "data"}

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
schemathesis.openapi.format("uuid7", st.builds(lambda: str(new_id())))
schemathesis.openapi.format("iana-time-zone", st.sampled_from(["Europe/London", "America/New_York", "Asia/Kolkata"]))


@dataclass
class Fuzz:
    """One service's cases: how many, what each operation answered, and the first of each kind of fault."""

    scene: Scene
    service: str
    loop: asyncio.AbstractEventLoop
    answered: dict[str, Counter[int]] = field(default_factory=dict)
    faults: dict[tuple[str, int, str], str] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        return sum(counter.total() for counter in self.answered.values())

    @property
    def never_done(self) -> list[str]:
        """Operations that refused every case: of those nothing was seen but the refusal."""
        return [label for label, answers in self.answered.items() if not any(status < 300 for status in answers)]

    def run(self, wanted: int, first_seed: int, excluded: Mapping[str, str]) -> None:
        """Make at least `wanted` cases, in rounds over every operation and mode; `excluded` paths are left out.

        A few more where chance would have it that an operation refused each of its few cases.
        """
        strategies = list(self.strategies(excluded))
        for number in range(first_seed, first_seed + 100):
            for strategy in list(strategies):
                if not self.round(strategy, number, ceil(wanted / len(strategies) / 4)):
                    strategies.remove(strategy)
            if self.cases >= wanted and (not self.never_done or self.cases >= MORE_AT_MOST * wanted):
                return

    def strategies(self, excluded: Mapping[str, str]) -> Iterator[st.SearchStrategy[Case]]:
        schema = schemathesis.openapi.from_dict(self.scene.house.app(self.service).openapi())
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.path not in excluded:
                self.answered[operation.label] = Counter()
                yield from (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

    def round(self, strategy: st.SearchStrategy[Case], number: int, examples: int) -> bool:
        """Send cases of one operation in one mode; False where there are none, as of nothing nothing can be wrong."""
        dice = random.Random(number)  # noqa: S311  # apart from Hypothesis, which repeats such choices in a short run

        @seed(number)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=HEALTHY_OR_NOT,
            phases=[Phase.generate],
        )
        @given(case=strategy)
        def send(case: Case) -> None:
            if dice.random() < HALF:
                wanted = self.asking(case).json
                if isinstance(wanted, dict) and isinstance(case.body, dict) and dice.random() < HALF:
                    case.body = dict(wanted)
                make_likely(case, self.likely(case), new=dice.random() < HALF)
            self.check(case, dice.choice(self.people()))

        try:
            send()
        except Unsatisfiable:
            return False
        return True

    def people(self) -> list[Person | None]:
        """Everybody, and most often who has most to do with the service."""
        scene = self.scene
        mostly = scene.admin if self.service == "auth" else scene.client
        return [mostly, mostly, mostly, scene.client, scene.assigned, scene.assigned, scene.admin, None]

    def likely(self, case: Case) -> dict[str, object]:
        """Values by name that mean something here: random ids and times are almost always unknown or out of reach.

        What the catalogue would ask this route with goes before what is likely anywhere.
        """
        ids = {name: str(value) for name, value in self.scene.ids.items()}
        people = {"client": str(self.scene.client.id), "therapist_id": str(self.scene.assigned.id)}
        diary = {"kind": "public", "jwks": {"keys": [self.scene.trial.key.as_dict(private=False)]}, **DIARY}
        wanted = self.asking(case)
        body = wanted.json if isinstance(wanted.json, dict) else {}
        own = {name: str(value) for name, value in {**wanted.query, **wanted.ids}.items()} | body
        values = {"version": 1, "felt_at": ago(minutes=9), "mood": 1, "tags": ["quiet"]}
        return {**ids, **people, **diary, **values, **own}

    def asking(self, case: Case) -> Asking:
        """What the catalogue would ask this route with."""
        named = CATALOGUE.get((case.method, case.operation.path))
        return named(self.scene) if named else Asking()

    def check(self, case: Case, person: Person | None) -> None:
        try:
            request = request_of(case, self.headers(person))
        except httpx.InvalidURL:  # longer than 64 KiB: no server takes such an address, nor does a client send it
            reject()
        answer = self.loop.run_until_complete(self.send(request))
        label = case.operation.label
        self.answered[label][answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                kind = (label, answer.status_code, type(failure).__name__)
                self.faults.setdefault(kind, f"as {person and person.role}: {group}")

    def headers(self, person: Person | None) -> dict[str, str]:
        api = "accounts" if self.service == "auth" else self.service
        return {"authorization": f"Bearer {self.scene.token(person, api)}"} if person else {}

    async def send(self, request: httpx.Request) -> httpx.Response:
        async with self.scene.house.undone(self.service):
            answer = await self.scene.house.doors[self.service].handle_async_request(request)
        answer.request, answer.elapsed = request, timedelta()
        return answer


def make_likely(case: Case, values: Mapping[str, object], *, new: bool) -> None:
    """Replace what the case has under known names; `new` leaves a PUT the path's last id, for something to be made."""
    if case.operation.path in RAW and case.method in {"PATCH", "PUT"}:
        case.body = RAW[case.operation.path]()
    last = case.operation.path.rpartition("{")[2].rstrip("}") if case.method == "PUT" else ""
    for place in (case.path_parameters, case.query, case.body):
        known = values.keys() - ({last} if new else set())
        if isinstance(place, dict):
            place.update({name: values[name] for name in sorted(place.keys() & known)})


def request_of(case: Case, headers: dict[str, str]) -> httpx.Request:
    """The case as an HTTP client would send it."""
    wanted: dict[str, Any] = case.as_transport_kwargs(base_url=BASE_URL, headers=headers)
    prepared = requests.Request(**{name: value for name, value in wanted.items() if name in SENT}).prepare()
    content = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
    return httpx.Request(prepared.method or "", prepared.url or "", headers=dict(prepared.headers), content=content)
