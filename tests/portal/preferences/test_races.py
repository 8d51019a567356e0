"""Many at once: one version after another, and what is taken back stays taken back whatever else is saved."""

import asyncio
from collections import Counter

from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from fastapi import FastAPI

from tests.portal.preferences.preferring import prefer, preferences, withdraw

SENDERS = 12


async def test_many_at_once(committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer):
    client, _therapist = committed_people
    async with open_client(committed_app, issuer.token(client, "portal")) as http:
        first = new_id()
        same = [prefer(http, first) for _ in range(SENDERS)]
        assert Counter(one.status_code for one in await asyncio.gather(*same)) == {201: 1, 200: SENDERS - 1}
        others = [prefer(http, base_version=1, hand="yes") for _ in range(SENDERS)]
        assert Counter(one.status_code for one in await asyncio.gather(*others)) == {201: 1, 409: SENDERS - 1}
        taken = [withdraw(http, wish) for wish in ("hand", "moving", "speaking", "support_person")]
        edits = [prefer(http, base_version=2, hand="yes", music="yes") for _ in range(SENDERS)]
        said = await asyncio.gather(*taken, *edits)
        assert [one.status_code for one in said[: len(taken)]] == [201] * len(taken)
        found = (await preferences(http))["current"]
        assert [found[wish] for wish in ("moving", "speaking", "support_person")] == ["no"] * 3
        assert found["hand"] == "no"
