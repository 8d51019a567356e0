"""Many at once: one mark for each time, one task of two that would be too many."""

import asyncio
from collections import Counter

from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from fastapi import FastAPI

from tests.portal.tasks.assigning import assign, days_ago, dosed, mark, tasks

SENDERS = 20


async def test_one_of_many(committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer):
    client, therapist = committed_people
    async with open_client(committed_app, issuer.token(therapist, "portal")) as http:
        session, once = await dosed(http, client), new_id()
        same = [assign(http, client, session, once) for _ in range(SENDERS)]
        assert Counter(one.status_code for one in await asyncio.gather(*same)) == {201: 1, 200: SENDERS - 1}
        others = [assign(http, client, session) for _ in range(SENDERS)]  # one has room beside the first
        assert Counter(one.status_code for one in await asyncio.gather(*others)) == {201: 1, 409: SENDERS - 1}
    async with open_client(committed_app, issuer.token(client, "portal")) as http:
        made = new_id()
        same = [mark(http, str(once), days_ago(0), made) for _ in range(SENDERS)]
        assert Counter(one.status_code for one in await asyncio.gather(*same)) == {201: 1, 200: SENDERS - 1}
        others = [mark(http, str(once), days_ago(0)) for _ in range(SENDERS)]
        assert Counter(one.json()["code"] for one in await asyncio.gather(*others)) == {"already_marked": SENDERS}
        assert [one["done"] for one in await tasks(http)] == [1, 0]


async def test_two_sessions_of_one_day_at_once(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
):
    """Each has its own row; the days are the same, and so is what fits into them."""
    client, therapist = committed_people
    async with open_client(committed_app, issuer.token(therapist, "portal")) as http:
        sessions = [await dosed(http, client) for _ in range(2)]
        sent = [assign(http, client, sessions[number % 2]) for number in range(SENDERS)]
        assert Counter(one.status_code for one in await asyncio.gather(*sent)) == {201: 2, 409: SENDERS - 2}
