"""Many at once: a record exactly once; of those that replace the same one stays."""

import asyncio
from collections import Counter

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from fastapi import FastAPI

from tests.portal.course.treating import begin, schedule
from tests.portal.dosing_day.observing import add, adverse, day, observed, reading

SENDERS = 20
BODIES = {
    "vital-signs": reading(),
    "adverse-events": adverse(),
    "observations": observed(),
    "readiness": {"steps": ["fasting"]},
    "discharge": {"steps": ["oriented"]},
}


@pytest.mark.parametrize("kind", BODIES)
async def test_a_record_is_stored_once_and_replaced_once(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer, kind: str
):
    client, therapist = committed_people
    async with open_client(committed_app, issuer.token(therapist, "portal")) as http:
        session = await schedule(http, client, await begin(http, client))
        record = new_id()
        same = [add(http, client, session, kind, BODIES[kind], record=record) for _ in range(SENDERS)]
        assert Counter(one.status_code for one in await asyncio.gather(*same)) == {201: 1, 200: SENDERS - 1}
        after = BODIES[kind] | {"replaces": str(record)}
        others = [add(http, client, session, kind, after) for _ in range(SENDERS)]
        assert Counter(one.status_code for one in await asyncio.gather(*others)) == {201: 1, 409: SENDERS - 1}
        read = await day(http, session, client)
    if kind in {"vital-signs", "adverse-events"}:
        assert len(read[kind.replace("-", "_")]) == 2
