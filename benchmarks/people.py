"""The list of people at ten thousand: the accounts API and the admin's page, in a system of its own.

`python -m benchmarks.people` prints p50 and p99 in milliseconds for each kind of page that an admin opens.
"""

import asyncio
import random
import time
from collections.abc import Callable
from urllib.parse import quote

import asyncpg
import httpx
from afterglow_foundation.identifiers import new_id
from rich.console import Console
from rich.table import Table

from benchmarks.sign_in import api_tokens, web_cookie
from benchmarks.system import System, temporary_system

PEOPLE, TIMES, WARMING = 10_000, 300, 10
FIRST = ("Ada", "Bruno", "Chidi", "Dorota", "Emre", "Farah", "Goran", "Hye-jin", "Inés", "Joaquín", "Kofi", "Lidia")
LAST = ("Abara", "Brandt", "Castro", "Dlamini", "Eriksen", "Flores", "Goldberg", "Haddad", "Ito", "Jansen", "Kaya")
ASKED = {
    "first page": {},
    "clients who were invited": {"role": "client", "state": "invited"},
    "a family name": {"q": "dlamini"},
    "one person": {"q": "person9876@"},
    "nobody": {"q": "zzzzzz"},
}


async def seed(system: System) -> str:
    """Ten thousand people; answers the id of one in the middle of the list, from which a page may begin."""
    dice = random.Random(4)  # noqa: S311  # the same people each time
    rows = []
    for number in range(PEOPLE):
        name = f"{dice.choice(FIRST)} {dice.choice(LAST)} {dice.choice(LAST)}"
        rows.append((new_id(), f"person{number}@practice.example", name, number % 3 > 0))
    connection = await asyncpg.connect(system.database_url().rsplit("/", 1)[0] + "/afterglow_auth")
    try:
        await connection.executemany(
            "INSERT INTO people (id, email, name, role, locale, time_zone, created_at, joined_at, exports_held)"
            " VALUES ($1, $2, $3, 'client', 'en', 'UTC', now(), CASE WHEN $4 THEN now() END, false)",
            rows,
        )
        await connection.execute("ANALYZE people")
        middle = "SELECT id FROM people ORDER BY lower(name), id OFFSET $1 LIMIT 1"
        return str(await connection.fetchval(middle, PEOPLE // 2))
    finally:
        await connection.close()


def measure(ask: Callable[[], httpx.Response]) -> tuple[float, float]:
    """p50 and p99 of one after the other, in milliseconds, after a few to warm up."""
    taken = []
    for number in range(TIMES + WARMING):
        started = time.perf_counter()
        answer = ask()
        if number >= WARMING:
            taken.append((time.perf_counter() - started) * 1000)
        answer.raise_for_status()
    taken.sort()
    return taken[len(taken) // 2], taken[int(len(taken) * 0.99) - 1]


def main() -> None:
    table = Table("page", "API p50", "API p99", "page p50", "page p99", title=f"{PEOPLE:,} people, ms", box=None)
    with temporary_system() as system:
        system.start()
        middle = asyncio.run(seed(system))
        admin = system.account("admin")
        token, cookie = api_tokens(system.base_url, admin)["access_token"], web_cookie(system.base_url, admin)
        with httpx.Client(base_url=system.base_url) as client:
            for words, query in (ASKED | {"from the middle on": {"after": middle}}).items():
                address = "&".join(f"{name}={quote(value)}" for name, value in query.items())
                api = measure(
                    lambda address=address: client.get(
                        f"/api/accounts/people?{address}", headers={"authorization": f"Bearer {token}"}
                    )
                )
                page = measure(
                    lambda address=address: client.get(
                        f"/people?{address}", headers={"cookie": cookie, "hx-request": "true"}
                    )
                )
                table.add_row(words, *(f"{figure:.1f}" for figure in (*api, *page)))
    Console().print(table)


if __name__ == "__main__":
    main()
