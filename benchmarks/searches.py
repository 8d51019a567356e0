"""A search through as many journal entries as one may look through, each with a title and a page of text.

`python -m benchmarks.searches` runs it alone.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import DataKeyStore, FileKeyProvider
from afterglow_portal import models
from afterglow_portal.journal.content import columns_of
from afterglow_portal.journal.models import JournalEntry
from afterglow_portal.journal.schemas import EntryBody
from afterglow_portal.journal.searching import MOST_SEARCHED
from sqlalchemy import insert

from benchmarks.load import Alike, Measured, measure, request_bytes
from benchmarks.sign_in import api_tokens
from benchmarks.system import System, temporary_system

SECONDS = 6
TEXT = (
    "The tide was out and the harbour smelled of rope. I sat there until the lamps came on, and then walked home. " * 14
)


async def run(system: System, client_number: int = 4) -> Measured:
    """Give a client a full journal, and look for a word that stands nowhere in it: every entry is opened."""
    account = system.account("client", client_number)
    await written(
        system.secret("portal", "afterglow_database_url"),
        system.secret("portal", "afterglow_key_encryption_keys"),
        UUID(account["id"]),
    )
    url = system.address("portal")
    token = api_tokens(system.base_url, account)["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"q": "lighthouse"}).encode()
    asking = request_bytes("POST", "/api/portal/journal/searches", urlsplit(url).netloc, headers, body)
    return (await measure(url, lambda: Alike(lambda: asking), SECONDS, connections=1)).require(200)


async def written(url: str, key_encryption_keys: str, client: UUID) -> None:
    database = Database.connect(url)
    keys = DataKeyStore(models.DataKey, FileKeyProvider(key_encryption_keys))
    now = datetime.now(UTC)
    async with database.unit_of_work(RowContext(client, Role.client)) as session:
        key = await keys.find_or_make(session, client)
        rows = []
        for number in range(MOST_SEARCHED):
            at = now - timedelta(hours=number)
            body = entry(number, at)
            entry_id = new_id()
            row = {"client_id": client, "id": entry_id, "entered_at": at, "body_digest": key.digest(body.canonical())}
            rows.append({**row, "version": 1, **columns_of(body, entry_id, key)})
        await session.execute(insert(JournalEntry.__table__), rows)  # type: ignore[attr-defined]  # SQLModel's stubs do not know it
    await database.close()


def entry(number: int, at: datetime) -> EntryBody:
    values = {"title": f"Evening {number}", "text": TEXT, "felt_at": at.isoformat()}
    return EntryBody.model_validate_json(json.dumps({**values, "time_zone": "Europe/London", "visibility": "only_me"}))


def sentence(measured: Measured) -> str:
    return (
        f"A search through {MOST_SEARCHED:,} journal entries of {len(TEXT):,} characters each, p50 / p99 ms: "
        f"{measured.percentile(0.5):.0f} / {measured.percentile(0.99):.0f}."
    )


def main() -> None:
    with temporary_system() as system:
        system.start()
        print(sentence(asyncio.run(run(system))))


if __name__ == "__main__":
    main()
