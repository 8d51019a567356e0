"""What tests of sealed notes put in place and send."""

from typing import Any

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.portal.arranging import assign
from tests.portal.course.treating import of

SEALED = "/api/portal/sealed-notes"
WHY = "The court asks for them: file 12/7."


async def leave(
    database: RolledBackDatabase, client: Person, author: Person, successor: Person, days: int = 15
) -> None:
    """The author's care of the client ended so many days ago, and the successor's began."""
    async with database.arrange() as session:
        ended = (
            "UPDATE care_relationships SET ended_at = now() - make_interval(days => :days) WHERE therapist_id = :one"
        )
        await session.execute(text(ended), {"days": days, "one": author.id})
        await assign(session, client, successor)


async def sealed(http: httpx.AsyncClient, client: Person) -> list[dict[str, Any]]:
    answer = await http.get(SEALED, params=of(client))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def ask(
    http: httpx.AsyncClient, client: Person, author: Person, opening: str | None = None, **changes: Any
) -> httpx.Response:
    body = {"author_id": str(author.id), "ground": "legal", "words": WHY, **changes}
    return await http.put(f"{SEALED}/openings/{opening or new_id()}", params=of(client), json=body)


async def decide(http: httpx.AsyncClient, opening: str, *, approved: object = True) -> httpx.Response:
    return await http.put(f"{SEALED}/openings/{opening}/decision", json={"approved": approved})


async def read(http: httpx.AsyncClient, client: Person, opening: str) -> httpx.Response:
    return await http.get(f"{SEALED}/openings/{opening}/notes", params=of(client))
