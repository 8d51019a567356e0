"""A therapist's desk as it grows: a caseload of 500 clients with ten years each against one of 20 with a month.

Both are asked in turn: portal with every row, then web's page with its first rows; after that the pages of one client
with ten years. Between two pages of a caseload one in twenty of its clients checks in. What is kept of the page before
is measured, and what it costs where nothing is. `make growth` runs it, and takes some minutes to write the history.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
from afterglow_foundation.identifiers import new_id
from afterglow_web.therapist.caseload import FIRST_CLIENTS

from benchmarks.load import MakeRequest, Measured, loopback_port, read_answer, repeating, request_bytes
from benchmarks.sign_in import api_tokens, web_cookie
from benchmarks.system import System, temporary_system

MANY, FEW = 500, 20
TEN_YEARS, MONTH = 3_650, 30
ROUNDS = 60
CHECKS_IN = 20  # one in so many between two pages: 500 of whom each does so once a day, looked at twice in an hour
MOST_CLIENTS = 500
CHART = 150.0  # milliseconds at p99
PEOPLE = """
    INSERT INTO people (id, name, role, locale, time_zone, exports_held, as_of)
    SELECT id, 'Client ' || number, 'client', 'en', 'Europe/London', false, now()
    FROM unnest($1::uuid[]) WITH ORDINALITY AS client (id, number)
"""
CARE = """
    INSERT INTO care_relationships (id, client_id, therapist_id, kind, started_at, as_of)
    SELECT gen_random_uuid(), id, $2, 'treating', now() - interval '11 years', now()
    FROM unnest($1::uuid[]) AS client (id)
"""
CHECK_INS = """
    INSERT INTO check_ins (client_id, id, mood, energy, anxiety, items, words, tags, felt_at, entered_at, time_zone,
                           local_date, visibility, back_dated, origin, version, body_digest)
    SELECT client.id, gen_random_uuid(), (day * 7 + client.number) % 11 - 5, day % 7 - 3, day % 10, '{}', '{}', '{}',
           moment.at, moment.at, 'Europe/London', moment.at::date,
           CASE WHEN day % 5 = 0 THEN 'only_me' ELSE 'therapist' END, false, 'spontaneous', 1, '\\x00'
    FROM generate_series($2::int, 1, -1) AS day
    CROSS JOIN unnest($1::uuid[]) WITH ORDINALITY AS client (id, number)
    CROSS JOIN LATERAL (SELECT now() - day * interval '1 day' + client.number * interval '1 s' AS at) AS moment
"""
CHECK_IN = """
    INSERT INTO check_ins (client_id, id, mood, energy, anxiety, items, words, tags, felt_at, entered_at, time_zone,
                           local_date, visibility, back_dated, origin, version, body_digest)
    SELECT id, gen_random_uuid(), random(-5, 5), 0, 5, '{}', '{}', '{}', now(), now(), 'Europe/London', now()::date,
           'therapist', false, 'spontaneous', 1, '\\x00'
    FROM unnest($1::uuid[]) AS client (id)
"""
NOTHING_KEPT = """
    UPDATE check_in_marks SET mark = random(-9223372036854775808, 9223372036854775807)
    WHERE client_id = ANY ($1::uuid[])
"""
COURSES = """
    INSERT INTO courses (client_id, id, content, items, started_on, made_at, made_by, version, body_digest)
    SELECT id, id, '\\x00', '{}', now()::date - 3650, now(), $2, 1, '\\x00' FROM unnest($1::uuid[]) AS client (id)
"""
SESSIONS = """
    INSERT INTO course_sessions (client_id, id, course_id, kind, planned_at, time_zone, made_at, made_by, version,
                                 changed_at, state, opened_at, ended_at, body_digest)
    SELECT client.id, gen_random_uuid(), client.id, 'dosing', moment.at, 'Europe/London', now(), $2, 1, now(),
           CASE WHEN moment.at < now() THEN 'ended' ELSE 'planned' END, CASE WHEN moment.at < now() THEN moment.at END,
           CASE WHEN moment.at < now() THEN moment.at END, '\\x00'
    FROM generate_series($3::int, -30, -30) AS day
    CROSS JOIN unnest($1::uuid[]) WITH ORDINALITY AS client (id, number)
    CROSS JOIN LATERAL (SELECT now() - (day - client.number % 28) * interval '1 day' AS at) AS moment
"""
DOSES = """
    INSERT INTO administrations (client_id, id, session_id, given_at, time_zone, route, medicine, dose_mg,
                                 circumstances, made_at, made_by, body_digest)
    SELECT client_id, gen_random_uuid(), id, opened_at, time_zone, 'im', 'Ketamine', 50, '\\x00', opened_at, made_by,
           '\\x00'
    FROM course_sessions WHERE client_id = ANY ($1::uuid[]) AND state = 'ended'
"""
JOURNAL = """
    WITH written AS (
        INSERT INTO journal_entries (client_id, id, text, felt_at, time_zone, local_date, visibility, entered_at,
                                     version, body_digest)
        SELECT client.id, gen_random_uuid(), '\\x00', moment.at, 'Europe/London', moment.at::date, 'therapist',
               moment.at, 1, '\\x00'
        FROM generate_series($3::int, 1, -7) AS day
        CROSS JOIN unnest($1::uuid[]) AS client (id)
        CROSS JOIN LATERAL (SELECT now() - day * interval '1 day' AS at) AS moment
        RETURNING client_id, id, felt_at
    )
    INSERT INTO journal_shares (client_id, entry_id, therapist_id, version, shared_at)
    SELECT client_id, id, $2, 1, felt_at FROM written
"""


async def run(system: System) -> AsyncIterator[str]:
    """Give one therapist many clients with long histories and another few with short ones, and ask for both in turn.

    What each part gave is said as soon as it is known.
    """
    accounts = {"large": system.account("therapist", 0), "small": system.account("therapist", 1)}
    connection = await asyncpg.connect(await portals_database(system.database_url()))
    await connection.execute("DELETE FROM care_relationships")  # whom the demonstration gave them
    clients = {
        "large": await lived(connection, UUID(accounts["large"]["id"]), MANY, TEN_YEARS),
        "small": await lived(connection, UUID(accounts["small"]["id"]), FEW, MONTH),
    }
    await connection.execute("VACUUM ANALYZE", timeout=300)
    async for sentence in caseloads(system, accounts, World(connection, clients)):
        yield sentence
    await connection.close()
    portal = system.address("portal")
    for name, path in (
        ("dose curve", "dose-curve?"),
        ("curve of everything", "check-ins/curve?span=all&"),
        ("brief", "brief?"),
    ):
        chart = {name: answer_of(system, accounts["large"], f"{path}client={clients['large'][0]}")}
        measured = (await in_turn(portal, chart, {name: 1}, b'"client' if name == "brief" else b'"points":[{'))[name]
        yield (
            f"Of a client with ten years the {name}, p50 / p99 ms: {measured.percentile(0.5):.0f} / "
            f"{measured.percentile(0.99):.0f} (aim {CHART:.0f})."
        )


async def caseloads(system: System, accounts: dict[str, dict[str, str]], world: "World") -> AsyncIterator[str]:
    portal, web, rows = system.address("portal"), system.base_url, {"large": MANY, "small": FEW}
    asked = {name: answer_of(system, one, f"caseload?limit={MOST_CLIENTS}") for name, one in accounts.items()}
    yield compared("portal's answer with every row", await in_turn(portal, asked, rows, b'"client":', world.goes_on))
    rows = {"large": FIRST_CLIENTS, "small": FEW}
    asked = {name: request(web, "/caseload", {"Cookie": web_cookie(web, one)}) for name, one in accounts.items()}
    in_turn_on_web = partial(in_turn, web, asked, rows, b'<th scope="row"')
    yield compared("web's page with its first rows", await in_turn_on_web(world.goes_on))
    yield compared("web's page where nothing is kept, as after a start", await in_turn_on_web(world.is_new))


class World:
    """What happens between two looks at the same caseload."""

    def __init__(self, connection: asyncpg.Connection, clients: dict[str, list[UUID]]) -> None:
        self._connection = connection
        self._clients = clients
        self._rounds = dict.fromkeys(clients, 0)

    async def goes_on(self, name: str) -> None:
        """One in twenty checks in, others each time."""
        self._rounds[name] += 1
        await self._connection.execute(CHECK_IN, self._clients[name][self._rounds[name] % CHECKS_IN :: CHECKS_IN])

    async def is_new(self, name: str) -> None:
        """Every mark is another: nothing that was kept holds."""
        await self._connection.execute(NOTHING_KEPT, self._clients[name])


async def nothing(_name: str) -> None:
    """As it was."""


async def portals_database(url: str) -> str:
    """Its address for the superuser, under the name that it has on this cluster."""
    server = await asyncpg.connect(url)
    name: str = await server.fetchval("SELECT datname FROM pg_database WHERE datname LIKE '%portal%' LIMIT 1")
    await server.close()
    return f"{url.rpartition('/')[0]}/{name}"


async def lived(connection: asyncpg.Connection, therapist: UUID, clients: int, days: int) -> list[UUID]:
    """So many clients of one therapist: a check-in a day, a dose a month, a shared journal entry a week."""
    ids = [new_id() for _ in range(clients)]
    await connection.execute(PEOPLE, ids)
    await connection.execute(CARE, ids, therapist)
    await connection.execute(CHECK_INS, ids, days, timeout=900)
    await connection.execute(COURSES, ids, therapist)
    await connection.execute(SESSIONS, ids, therapist, days, timeout=300)
    await connection.execute(DOSES, ids, timeout=300)
    await connection.execute(JOURNAL, ids, therapist, days, timeout=300)
    return ids


def answer_of(system: System, account: dict[str, str], path: str) -> MakeRequest:
    """Ask portal itself, with a token of this moment: one lives for five minutes."""
    token = api_tokens(system.base_url, account)["access_token"]
    return request(system.address("portal"), f"/api/portal/{path}", {"Authorization": f"Bearer {token}"})


def request(url: str, path: str, headers: dict[str, str]) -> MakeRequest:
    return repeating([request_bytes("GET", path, urlsplit(url).netloc, headers)])


async def in_turn(
    url: str,
    asked: dict[str, MakeRequest],
    rows: dict[str, int],
    sign: bytes,
    before: Callable[[str], Awaitable[None]] = nothing,
) -> dict[str, Measured]:
    """One after the other on one connection, `ROUNDS` times after a first that warms up; each must show its rows.

    What happens `before` each is not measured.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", loopback_port(url))
    measured = {name: Measured() for name in asked}
    for number in range(ROUNDS + 1):
        for name, make in asked.items():
            await before(name)
            begun = time.perf_counter()
            writer.write(make())
            answer = await read_answer(reader)
            took = (time.perf_counter() - begun) * 1000
            found = answer.body.count(sign)
            if answer.status != HTTPStatus.OK or found < rows[name]:
                raise RuntimeError(f"{name}: {answer.status} with {found} rows instead of {rows[name]}")
            if number:
                measured[name].milliseconds.append(took)
    writer.close()
    return measured


def compared(what: str, measured: dict[str, Measured]) -> str:
    large, small = measured["large"], measured["small"]
    ratios = [large.percentile(part) / small.percentile(part) for part in (0.5, 0.99)]
    return (
        f"A caseload of {MANY} clients with ten years each, {what}, p50 / p99 ms: {large.percentile(0.5):.0f} / "
        f"{large.percentile(0.99):.0f}; of {FEW} with a month: {small.percentile(0.5):.0f} / "
        f"{small.percentile(0.99):.0f}: {ratios[0]:.2f} / {ratios[1]:.2f} times."
    )


async def say(system: System) -> None:
    async for sentence in run(system):
        print(sentence, flush=True)


def main() -> None:
    with temporary_system() as system:
        system.start()
        asyncio.run(say(system))


if __name__ == "__main__":
    main()
