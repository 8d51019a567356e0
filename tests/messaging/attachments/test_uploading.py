"""Uploads: declared once, sent by offset, resumed where they were, bounded, and taken by what is in them."""

import asyncio
from collections import Counter
from datetime import timedelta

import httpx
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_messaging.attachments.forgetting import forget_unsent
from sqlalchemy import text

from tests.messaging.attachments.sending import (
    CHUNK,
    PART,
    declared,
    finish,
    numbered,
    picture,
    ready,
    send,
    upload,
    where,
    write,
)
from tests.messaging.practice import Pair, Practice

REFUSED = [
    *[("size", {"size": value}) for value in (0, -1, 25 * 1024 * 1024 + 1, "9", 1.5, None, 2**40)],
    *[("name", {"name": value}) for value in ("", "\u202e", "///", "\0", "x" * 1001, None, 3)],
    ("media_type", {"media_type": "text/html"}),
]
NOTHING_TAKEN = {
    "a zip that is called PDF": b"PK\x03\x04" + b"\0" * 100,
    "a page": b"<!doctype html><script>alert(1)</script>",
    "a drawing with a script": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a moving picture": b"GIF89a" + b"\0" * 100,
    "a program": b"MZ" + b"\0" * 100,
    "a page behind blanks": b"\n\n%PDF-1.7 <html>",
    "video": b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm" + b"\0" * 20 + b"V_VP9",
}


async def number_of(practice: Practice, table: str) -> int:
    async with practice.arrange() as session:
        return len((await session.execute(text(f"TABLE {table}"))).all())


@pytest.mark.parametrize(("field", "changes"), REFUSED)
async def test_what_cannot_be_declared_is_refused_by_name(
    practice: Practice, pair: Pair, field: str, changes: dict[str, object]
):
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(where(pair, new_id()), json=declared(b"x" * 100, **changes))
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])
    assert await number_of(practice, "attachments") == 0


async def test_it_goes_on_where_it_was(practice: Practice, pair: Pair):
    """Whatever was lost on the way: the same declaration, and any part at a wrong place, tell the right one."""
    content, address = numbered(3 * CHUNK + 100), where(pair, new_id())
    async with practice.signed_in(pair.client) as http:
        made, again = [await http.put(address, json=declared(content)) for _ in range(2)]
        assert (made.status_code, again.status_code, again.json()) == (201, 200, made.json())
        assert (made.json()["name"], made.json()["received"], made.json()["finished_at"]) == ("letter.pdf", 0, None)
        for changes in ({"name": "other.pdf"}, {"size": len(content) + 1}):
            other = await http.put(address, json=declared(content, **changes))
            assert (other.status_code, other.json()["code"]) == (409, "conflict")
        assert (await send(http, address, content[:CHUNK])).headers["upload-offset"] == str(CHUNK)
        for lost in (0, 1, CHUNK - 1, len(content)):
            answer = await send(http, address, content[:CHUNK], lost)
            assert (answer.status_code, answer.json()["code"]) == (409, "wrong_offset")
            assert answer.headers["upload-offset"] == str(CHUNK)
        told = await http.head(f"{address}/content")
        assert [
            told.headers[name] for name in ("upload-offset", "upload-length", "tus-resumable", "cache-control")
        ] == [*(str(CHUNK), str(len(content)), "1.0.0", "no-store")]
        early = await http.put(f"{address}/completion")
        assert (early.status_code, early.json()["code"]) == (409, "not_whole")
        assert (await send(http, address, content[CHUNK:], CHUNK)).status_code == 204
        assert (await send(http, address, b"more", len(content))).status_code == 409
        done, again = [await http.put(f"{address}/completion") for _ in range(2)]
        assert (done.status_code, again.json(), bool(done.json()["finished_at"])) == (200, done.json(), True)
        assert (await send(http, address, b"more", len(content))).status_code == 409
    assert len(await practice.audited(action="attachment.added")) == 1


async def test_parts_that_do_not_fit_are_refused(practice: Practice, pair: Pair):
    content, address = numbered(3 * CHUNK), where(pair, new_id())
    async with practice.signed_in(pair.client) as http:
        assert (await http.put(address, json=declared(content))).status_code == 201
        for part, status in (
            (content[: CHUNK - 1], 422),
            (b"", 422),
            (content + b"more than was said", 413),
            (b"\0" * (512 * 1024 + 1), 413),
        ):
            assert (await send(http, address, part)).status_code == status, part[:20]
        for changes, status in (
            ({"content-type": "application/json"}, 415),
            ({"upload-offset": "-1"}, 422),
            ({"tus-resumable": "0.2.2"}, 412),
        ):
            headers = PART | {"upload-offset": "0"} | changes
            answer = await http.patch(f"{address}/content", content=content[:CHUNK], headers=headers)
            assert answer.status_code == status, changes
    assert await number_of(practice, "attachment_chunks") == 0


@pytest.mark.parametrize("what", NOTHING_TAKEN)
async def test_what_is_none_of_the_kinds_is_refused_with_its_first_part(practice: Practice, pair: Pair, what: str):
    content, address = NOTHING_TAKEN[what], where(pair, new_id())
    async with practice.signed_in(pair.client) as http:
        assert (await http.put(address, json=declared(content))).status_code == 201
        answer = await send(http, address, content)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["code"]) == (422, "file", "wrong_kind")
    assert error["message"].startswith("Send a JPEG, PNG or WebP picture, a PDF, or")


async def test_heic_is_refused_plainly(practice: Practice, pair: Pair):
    content, address = b"\0\0\0\x24ftypheic\0\0\0\0mif1heic" + b"\0" * 100, where(pair, new_id())
    async with practice.signed_in(pair.client) as http:
        assert (await http.put(address, json=declared(content, name="IMG_1.HEIC"))).status_code == 201
        answer = await send(http, address, content)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (422, "heic")
    assert "JPEG" in error["message"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (numbered(500)[:-6], "no_pdf"),
        (picture()[:300], "no_picture"),
        (b"\x89PNG\r\n\x1a\n" + b"PK\x03\x04" * 50, "no_picture"),
        (picture("PNG", (6000, 5000)), "too_many_points"),
    ],
    ids=["half a PDF", "half a picture", "a zip behind a signature", "too many points"],
)
async def test_what_turns_out_to_be_unfit_is_gone_with_its_reason(
    practice: Practice, pair: Pair, content: bytes, code: str
):
    async with practice.signed_in(pair.client) as http:
        made = await upload(http, pair, content)
        answer = await finish(http, made)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
        assert (await http.head(f"{made.address}/content")).status_code == 404
    assert await number_of(practice, "attachment_chunks") == 0
    assert await practice.audited(action="attachment.added", outcome="success") == []


async def test_it_is_its_senders_alone_until_it_is_sent(practice: Practice, pair: Pair, other_pair: Pair):
    async with practice.signed_in(pair.client) as http:
        made = await ready(http, pair)
    for person, path in (
        (pair.therapist, made.address),
        (other_pair.client, made.address),
        (pair.client, where(other_pair, made.id)),
    ):
        async with practice.signed_in(person) as http:
            assert (await http.head(f"{path}/content")).status_code == 404
            assert (await http.get(f"{path}/content")).status_code == 404
            assert (await send(http, path, b"x" * CHUNK, 500)).status_code == 404
            assert (await http.put(f"{path}/completion")).status_code == 404
            assert (await http.delete(path)).status_code == 404
    async with practice.signed_in(pair.therapist) as http:
        answer = await http.put(made.address, json=declared(numbered(500)))
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    async with practice.signed_in(pair.client) as http:
        assert (await http.get(f"{made.address}/content")).status_code == 404  # nobody downloads what is not sent
        assert (await http.delete(made.address)).status_code == 204
    assert await number_of(practice, "attachments") == 0


async def test_so_many_at_once_and_no_more(practice: Practice, pair: Pair):
    async with practice.signed_in(pair.client) as http:
        for _ in range(10):
            assert (await http.put(where(pair, new_id()), json=declared(b"x" * 100))).status_code == 201
        answer = await http.put(where(pair, new_id()), json=declared(b"x" * 100))
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_attachments")


AGED = text("UPDATE attachments SET created_at = created_at - CAST(:ago AS interval) WHERE id = ANY (:ids)")


async def begin(http: httpx.AsyncClient, pair: Pair, count: int) -> list[str]:
    """So many uploads that nobody goes on with; their ids, oldest first."""
    made = [str(new_id()) for _ in range(count)]
    for one in made:
        assert (await http.put(where(pair, one), json=declared(b"x" * 100))).status_code == 201
    return made


async def set_back(practice: Practice, ago: timedelta, *ids: str) -> None:
    async with practice.arrange() as session:
        await session.execute(AGED, {"ago": ago, "ids": ids})


async def test_what_was_left_lying_gives_way_to_a_new_one(practice: Practice, pair: Pair):
    """The oldest first, wherever it lies; what went with a message and what is another's stays."""
    another = await practice.pair_up(Person(Role.client, "Kit Moss"), pair.therapist)
    async with practice.signed_in(pair.client) as http:
        theirs = await ready(http, pair)
    async with practice.signed_in(pair.therapist) as http:
        sent = await ready(http, pair)
        assert (await write(http, pair, sent)).status_code == 201
        (oldest,), others = await begin(http, another, 1), await begin(http, pair, 9)
        await set_back(practice, timedelta(hours=2), oldest, theirs.id, sent.id)
        await set_back(practice, timedelta(minutes=11), others[3])
        await begin(http, pair, 1)
        assert (await http.head(f"{where(another, oldest)}/content")).status_code == 404
        await begin(http, pair, 1)
        statuses = [(await http.head(f"{where(pair, one)}/content")).status_code for one in others]
        assert statuses == [200] * 3 + [404] + [200] * 5
        assert (await http.put(where(pair, new_id()), json=declared(b"x" * 100))).status_code == 409
        assert (await http.get(f"{sent.address}/content")).status_code == 200
    async with practice.signed_in(pair.client) as http:
        assert (await http.head(f"{theirs.address}/content")).status_code == 200


async def test_what_is_kept_in_quarantine_gives_way_to_nothing(practice: Practice, pair: Pair):
    async with practice.signed_in(pair.client) as http:
        made = await begin(http, pair, 10)
        await set_back(practice, timedelta(hours=2), *made)
        async with practice.arrange() as session:
            await session.execute(text("UPDATE attachments SET quarantined_at = now()"))
        answer = await http.put(where(pair, new_id()), json=declared(b"x" * 100))
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_attachments")
    assert await number_of(practice, "attachments") == 10


async def test_of_many_begun_at_once_each_takes_the_place_of_another(
    committed_practice: Practice, committed_pair: Pair
):
    practice, pair = committed_practice, committed_pair
    async with practice.signed_in(pair.client) as http:
        await set_back(practice, timedelta(hours=2), *await begin(http, pair, 7))
        bodies = [http.put(where(pair, new_id()), json=declared(b"x" * 100)) for _ in range(12)]
        answers = await asyncio.gather(*bodies)
    assert Counter(answer.status_code for answer in answers) == {201: 10, 409: 2}
    async with practice.arrange() as session:
        of_pair = text("SELECT count(*) FROM attachments WHERE conversation_id = :id")
        assert await session.scalar(of_pair, {"id": pair.conversation_id}) == 10


async def test_a_closed_conversation_takes_none(practice: Practice, pair: Pair):
    async with practice.signed_in(pair.client) as http:
        begun = await upload(http, pair, numbered(500))
        await practice.end_care(pair)
        assert (await http.put(where(pair, new_id()), json=declared(b"x" * 100))).status_code == 403
        assert (await send(http, begun.address, b"x", 500)).status_code == 403
        assert (await finish(http, begun)).status_code == 403
        assert (await http.delete(begun.address)).status_code == 204


async def test_names_and_contents_are_sealed(practice: Practice, pair: Pair):
    async with practice.signed_in(pair.client) as http:
        await ready(http, pair, numbered(2 * CHUNK), "Diagnosis.pdf")
    async with practice.arrange() as session:
        names = list(await session.scalars(text("SELECT sealed_name FROM attachments")))
        chunks = list(await session.scalars(text("SELECT content FROM attachment_chunks")))
    assert len(chunks) == 2
    assert not any(b"Diagnosis" in name for name in names)
    assert not any(b"%PDF" in chunk or b"%%EOF" in chunk for chunk in chunks)


async def test_what_no_message_took_goes_after_a_day(practice: Practice, pair: Pair, database: RolledBackDatabase):
    async with practice.signed_in(pair.client) as http:
        sent, fresh, left, kept_back = [await ready(http, pair) for _ in range(3)] + [
            await upload(http, pair, numbered(500))
        ]
        assert (await write(http, pair, sent)).status_code == 201
        aged = "UPDATE attachments SET created_at = created_at - interval '25 hours' WHERE id = ANY (:ids)"
        async with practice.arrange() as session:
            await session.execute(text(aged), {"ids": [one.id for one in (sent, left, kept_back)]})
            back = "UPDATE attachments SET quarantined_at = now() WHERE id = :id"
            await session.execute(text(back), {"id": kept_back.id})
        async with database.as_role("messaging_worker"):
            await forget_unsent(database)
        assert (await http.head(f"{left.address}/content")).status_code == 404
        assert (await http.head(f"{fresh.address}/content")).status_code == 200
        assert (await http.get(f"{sent.address}/content")).status_code == 200
    assert await number_of(practice, "attachments") == 3
    async with practice.arrange() as session:
        await session.execute(text("UPDATE attachments SET created_at = created_at - interval '30 days'"))
    async with database.as_role("messaging_worker"):
        await forget_unsent(database)
    assert await number_of(practice, "attachments") == 1


async def test_of_two_parts_at_the_same_place_one_is_stored(committed_practice: Practice, committed_pair: Pair):
    content, address = numbered(2 * CHUNK), where(committed_pair, new_id())
    async with committed_practice.signed_in(committed_pair.client) as http:
        assert (await http.put(address, json=declared(content))).status_code == 201
        answers = await asyncio.gather(*(send(http, address, content[:CHUNK]) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [204, 409, 409, 409]
        assert {answer.headers["upload-offset"] for answer in answers} == {str(CHUNK)}
        assert (await send(http, address, content[CHUNK:], CHUNK)).status_code == 204
        done = await asyncio.gather(*(http.put(f"{address}/completion") for _ in range(4)))
        assert {answer.status_code for answer in done} == {200}
        assert len({answer.text for answer in done}) == 1
    assert len(await committed_practice.audited(action="attachment.added", subject_id=committed_pair.client.id)) == 1


async def test_a_file_taken_back_while_it_is_checked_is_gone_and_nothing_breaks(
    committed_practice: Practice, committed_pair: Pair
):
    """It is read chunk by chunk, and may go in between."""
    content = numbered(3 * CHUNK)
    async with committed_practice.signed_in(committed_pair.client) as http:
        for wait in (0, 0, 0.002, 0.005, 0.01, 0.015, 0.02):
            address = where(committed_pair, new_id())
            assert (await http.put(address, json=declared(content))).status_code == 201
            for begin in range(0, len(content), CHUNK):
                assert (await send(http, address, content[begin : begin + CHUNK], begin)).status_code == 204

            async def take_back(address: str = address, wait: float = wait) -> httpx.Response:
                await asyncio.sleep(wait)
                return await http.delete(address)

            checked, gone = await asyncio.gather(http.put(f"{address}/completion"), take_back())
            assert (checked.status_code in {200, 404}, gone.status_code) == (True, 204), checked.text
            assert (await http.head(f"{address}/content")).status_code == 404
