"""Row-level security of files itself: plain SQL as each role, without a line of the service's code in between."""

from typing import Any

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.database import SET_CONTEXT, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.messaging.attachments.sending import numbered as content
from tests.messaging.attachments.sending import ready, upload, write
from tests.messaging.practice import Pair, Practice

DECLARE = """
    INSERT INTO attachments (conversation_id, id, sender_id, sealed_name, declared, received, chunks, created_at)
    VALUES (:conversation, :id, :sender, 'x', 10, 0, 0, now())
"""
CHUNK = "INSERT INTO attachment_chunks VALUES (:conversation, :id, 7, 'x')"
SENT = "UPDATE attachments SET message_id = :message, place = 0 WHERE id = :id"


class Acting:
    """Statements of somebody, each undone when it is refused."""

    def __init__(self, database: RolledBackDatabase) -> None:
        self.connection = database.connection

    async def act_as(self, person: Any, role: Role) -> None:
        await self.connection.execute(SET_CONTEXT, RowContext(person, role).parameters())

    async def touched(self, statement: str, **values: object) -> int:
        async with self.connection.begin_nested():
            return (await self.connection.execute(text(statement), values)).rowcount

    async def seen(self) -> list[int]:
        return [await self.touched(f"TABLE {table}") for table in ("attachments", "attachment_chunks")]

    async def refused(self, statement: str, **values: object) -> None:
        with pytest.raises(DBAPIError, match=r"permission denied|row-level security"):
            await self.touched(statement, **values)


@pytest.fixture
def acting(database: RolledBackDatabase) -> Acting:
    return Acting(database)


async def test_an_upload_is_its_senders_and_a_sent_file_both_parties(
    practice: Practice, pair: Pair, other_pair: Pair, acting: Acting
) -> None:
    async with practice.signed_in(pair.client) as http:
        sent, _unsent = await ready(http, pair), await ready(http, pair)
        assert (await write(http, pair, sent)).status_code == 201
    for person, role, count in (
        (pair.client, Role.client, 2),
        (pair.therapist, Role.therapist, 1),
        (other_pair.client, Role.client, 0),
        (other_pair.therapist, Role.therapist, 0),
        (pair.therapist, Role.client, 0),
        (pair.client, Role.admin, 0),
    ):
        await acting.act_as(person.id, role)
        assert await acting.seen() == [count, count]


async def test_only_ones_own_is_made_in_an_open_conversation(
    practice: Practice, pair: Pair, other_pair: Pair, acting: Acting
) -> None:
    own = {"conversation": pair.conversation_id, "sender": pair.client.id}
    await acting.act_as(pair.client.id, Role.client)
    made = new_id()
    assert await acting.touched(DECLARE, **own, id=made) == 1
    assert await acting.touched(CHUNK, conversation=pair.conversation_id, id=made) == 1
    for change in ({"sender": pair.therapist.id}, {"conversation": other_pair.conversation_id}):
        await acting.refused(DECLARE, **own | change, id=new_id())
    await acting.act_as(pair.therapist.id, Role.therapist)
    await acting.refused(CHUNK, conversation=pair.conversation_id, id=made)
    await practice.end_care(pair)
    await acting.act_as(pair.client.id, Role.client)
    await acting.refused(DECLARE, **own, id=new_id())
    assert await acting.touched("UPDATE attachments SET received = 1") == 0


async def test_a_file_goes_with_ones_own_message_alone_and_is_nobodys_to_change_then(
    practice: Practice, pair: Pair, acting: Acting
) -> None:
    theirs = await practice.send(pair, pair.therapist, "hello")
    async with practice.signed_in(pair.client) as http:
        sent, unsent = await ready(http, pair), await ready(http, pair)
        message = (await write(http, pair, sent)).json()
    await acting.act_as(pair.client.id, Role.client)
    await acting.refused(SENT, id=unsent.id, message=theirs["id"])
    assert await acting.touched(SENT, id=unsent.id, message=message["id"]) == 1
    for statement in (
        "UPDATE attachments SET message_id = NULL, place = NULL",
        "UPDATE attachments SET media_type = 'image/png'",
        "DELETE FROM attachments",
        "DELETE FROM attachment_chunks",
    ):
        assert await acting.touched(statement) == 0, statement
    await acting.refused(CHUNK, conversation=pair.conversation_id, id=sent.id)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE attachments SET sender_id = id",
        "UPDATE attachments SET sealed_name = 'x'",
        "UPDATE attachments SET declared = 1",
        "UPDATE attachments SET created_at = now()",
        "UPDATE attachment_chunks SET content = 'x'",
        "TRUNCATE attachments CASCADE",
    ],
)
async def test_the_app_role_may_not(pair: Pair, acting: Acting, statement: str) -> None:
    await acting.act_as(pair.client.id, Role.client)
    await acting.refused(statement)


async def test_what_is_kept_back_opens_for_nobody_and_stays(practice: Practice, pair: Pair, acting: Acting) -> None:
    async with practice.signed_in(pair.client) as http:
        await upload(http, pair, content(500))
    await acting.act_as(pair.client.id, Role.client)
    assert await acting.touched("UPDATE attachments SET quarantined_at = now()") == 1
    assert await acting.seen() == [1, 0]
    for statement in ("UPDATE attachments SET quarantined_at = NULL", "DELETE FROM attachments"):
        assert await acting.touched(statement) == 0, statement


async def test_the_worker_sees_when_uploads_were_begun_and_takes_away_what_is_due(
    practice: Practice, database: RolledBackDatabase, pair: Pair, acting: Acting
) -> None:
    async with practice.signed_in(pair.client) as http:
        await ready(http, pair)
    async with database.as_role("messaging_worker"):
        for statement in ("TABLE attachments", "SELECT sealed_name FROM attachments", "TABLE attachment_chunks"):
            await acting.refused(statement)
        await acting.refused("UPDATE attachments SET created_at = now()")
        assert await acting.touched("DELETE FROM attachments WHERE message_id IS NULL") == 0  # it is not due
