"""Messages with files: both or neither, each file in one message, and downloads for the two alone."""

import asyncio

import pytest
from afterglow_foundation.identifiers import new_id
from sqlalchemy import text

from tests.messaging.attachments.sending import CHUNK, Upload, finish, numbered, picture, ready, upload, where, write
from tests.messaging.practice import API, Pair, Practice


async def test_a_message_carries_its_files_in_order(committed_practice: Practice, committed_pair: Pair):
    practice, pair = committed_practice, committed_pair
    async with practice.signed_in(pair.client) as http:
        cursor = (await http.get(f"{API}/updates")).json()["next"]
        letter = await ready(http, pair)
        photo = await ready(http, pair, picture(), "holiday.png")
        sent = await write(http, pair, photo, letter)
        plain = await practice.send(pair, pair.client, "and no file")
    assert sent.status_code == 201, sent.text
    shown = sent.json()["attachments"]
    assert [(one["id"], one["name"], one["media_type"]) for one in shown] == [
        (photo.id, "holiday.png", "image/jpeg"),
        (letter.id, "letter.pdf", "application/pdf"),
    ]
    assert shown[1]["size"] == 500
    assert plain["attachments"] == []
    for reader in (pair.client, pair.therapist):
        assert [one["attachments"] for one in await practice.read(pair, reader)] == [shown, []]
        async with practice.signed_in(reader) as http:
            updates = (await http.get(f"{API}/updates", params={"after": cursor})).json()["items"]
        assert [one["attachments"] for one in updates] == [shown, []]


@pytest.mark.parametrize("words", ["", " \n"])
async def test_a_file_needs_no_words(practice: Practice, pair: Pair, words: str):
    async with practice.signed_in(pair.client) as http:
        photo, message_id = await ready(http, pair, picture(), "holiday.jpg"), new_id()
        sent = await write(http, pair, photo, message_id=message_id, text=words)
        assert (sent.status_code, sent.json()["text"]) == (201, words)
        again = await write(http, pair, photo, message_id=message_id, text=words)
        assert (again.status_code, again.json()) == (200, sent.json())
        exported = (await http.post(f"{pair.path}/exports")).json()["messages"]
        assert [(one["text"], len(one["attachments"])) for one in exported] == [(words, 1)]
        found = (await http.post(f"{API}/searches", json={"q": "hello"})).json()
        assert (found["items"], found["searched"]) == ([], 1)
    assert await practice.read(pair, pair.therapist) == [sent.json()]
    versions = f"{pair.messages}/{message_id}/versions"
    async with practice.signed_in(pair.client) as http:
        wordless = {"id": str(new_id()), "text": words, "replaces": 0}
        assert (await http.post(versions, json=wordless)).status_code == 422
        named = await http.post(versions, json=wordless | {"text": "The sea"})
        assert (named.json()["text"], named.json()["attachments"]) == ("The sea", sent.json()["attachments"])
        assert [one["text"] for one in (await http.get(versions)).json()["items"]] == [words, "The sea"]


@pytest.mark.parametrize("attachments", [[], ["no id"], [str(new_id())] * 2])
async def test_neither_words_nor_a_file_that_can_be_one_is_nothing(
    practice: Practice, pair: Pair, attachments: list[str]
):
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(f"{pair.messages}/{new_id()}", json={"text": " ", "attachments": attachments})
    named = {one["field"].partition(".")[0] for one in answer.json()["errors"]}
    assert (answer.status_code, named) == (422, {"attachments" if attachments else "text"})
    assert await practice.read(pair, pair.client) == []


async def test_sending_again_is_the_same_message_and_with_others_another(practice: Practice, pair: Pair):
    async with practice.signed_in(pair.client) as http:
        one, other, message_id = await ready(http, pair), await ready(http, pair), new_id()
        first = await write(http, pair, one, message_id=message_id)
        again = await write(http, pair, one, message_id=message_id)
        assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
        for uploads in ((other,), (one, other), ()):
            answer = await write(http, pair, *uploads, message_id=message_id)
            assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert (await write(http, pair, other)).status_code == 201  # it was not taken by what was refused


@pytest.mark.parametrize("what", ["not there", "not finished", "sent before", "another person's", "quarantined"])
async def test_a_file_that_is_not_ready_sends_nothing(practice: Practice, pair: Pair, what: str):
    async with practice.signed_in(pair.client) as http:
        good = await ready(http, pair)
        bad = Upload(str(new_id()), "")
        if what == "not finished":
            bad = await upload(http, pair, numbered(500))
        elif what == "sent before":
            bad = await ready(http, pair)
            assert (await write(http, pair, bad)).status_code == 201
        elif what == "another person's":
            async with practice.signed_in(pair.therapist) as other:
                bad = await ready(other, pair)
        elif what == "quarantined":
            bad = await upload(http, pair, numbered(500))
            async with practice.arrange() as session:
                await session.execute(
                    text("UPDATE attachments SET quarantined_at = now() WHERE id = :id"), {"id": bad.id}
                )
        before = await practice.read(pair, pair.client)
        answer = await write(http, pair, good, bad)
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, ["attachments"])
        assert await practice.read(pair, pair.client) == before
        after = await write(http, pair, good)
        assert (after.status_code, after.json()["sequence"]) == (201, len(before) + 1)  # no number was lost


@pytest.mark.parametrize(
    "attachments", [[str(new_id()) for _ in range(6)], "none", [3], ["00000000-0000-4000-8000-000000000000"]]
)
async def test_bad_lists_are_refused_by_name(practice: Practice, pair: Pair, attachments: object):
    async with practice.signed_in(pair.client) as http:
        body = {"text": "Hello", "attachments": attachments}
        answer = await http.put(f"{pair.messages}/{new_id()}", json=body)
        assert answer.status_code == 422
        assert all(one["field"].startswith("attachments") for one in answer.json()["errors"])
        twice = str(new_id())
        answer = await http.put(f"{pair.messages}/{new_id()}", json={"text": "Hello", "attachments": [twice, twice]})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "attachments")


async def test_of_two_messages_with_one_file_one_is_sent(committed_practice: Practice, committed_pair: Pair):
    async with committed_practice.signed_in(committed_pair.client) as http:
        made = await ready(http, committed_pair)
        answers = await asyncio.gather(*(write(http, committed_pair, made) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [201, *[422] * 5]
        same = new_id()
        made = await ready(http, committed_pair)
        again = await asyncio.gather(*(write(http, committed_pair, made, message_id=same) for _ in range(6)))
        assert sorted(answer.status_code for answer in again) == [*[200] * 5, 201]
        messages = await committed_practice.read(committed_pair, committed_pair.client)
        assert [one["sequence"] for one in messages] == list(range(1, len(messages) + 1))


async def test_both_download_it_as_a_file_and_each_is_told_of(practice: Practice, pair: Pair):
    content = numbered(3 * CHUNK + 100)
    async with practice.signed_in(pair.client) as http:
        made = await ready(http, pair, content, "Befund 7.pdf")
        assert (await write(http, pair, made)).status_code == 201
    for reader in (pair.client, pair.therapist):
        async with practice.signed_in(reader) as http:
            answer = await http.get(f"{made.address}/content")
        assert (answer.status_code, answer.content == content) == (200, True)
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == (
            "attachment; filename=\"attachment.pdf\"; filename*=UTF-8''Befund%207.pdf"
        )
        assert [answer.headers[name] for name in ("x-content-type-options", "cache-control", "content-length")] == [
            *("nosniff", "no-store", str(len(content)))
        ]
        assert "sandbox" in answer.headers["content-security-policy"]
    told = await practice.audited(action="attachment.read", object_id=made.id, outcome="success")
    assert [(str(one.actor_role), one.subject_id) for one in told] == [
        ("client", pair.client.id),
        ("therapist", pair.client.id),
    ]
    async with practice.signed_in(pair.client) as http:
        for kind in ("messages", None):
            opened = await http.get(f"{API}/access-log", params={"kind": kind} if kind else {})
            assert [one["action"] for one in opened.json()["items"]] == ["attachment.read"]


async def test_a_picture_is_served_as_it_was_drawn(practice: Practice, pair: Pair):
    async with practice.signed_in(pair.client) as http:
        made = await ready(http, pair, picture(comment=b"at home"), "holiday.exe")
        sent = await write(http, pair, made)
        answer = await http.get(f"{made.address}/content")
    assert b"at home" not in answer.content
    assert len(answer.content) == sent.json()["attachments"][0]["size"]
    assert answer.headers["content-disposition"].endswith("holiday.exe.jpg")


async def test_nobody_else_finds_out_that_it_exists(practice: Practice, pair: Pair, other_pair: Pair):
    async with practice.signed_in(pair.client) as http:
        made = await ready(http, pair)
        assert (await write(http, pair, made)).status_code == 201
    for person in (other_pair.client, other_pair.therapist):
        async with practice.signed_in(person) as http:
            for path in (made.address, where(other_pair, made.id)):
                assert (await http.get(f"{path}/content")).status_code == 404
    assert len(await practice.audited(action="attachment.read", outcome="refused")) == 4


async def test_what_was_sent_stays(practice: Practice, pair: Pair):
    async with practice.signed_in(pair.client) as http:
        made = await ready(http, pair)
        assert (await write(http, pair, made)).status_code == 201
        for answer in (await http.delete(made.address), await finish(http, made)):
            assert answer.status_code == 404
        await practice.end_care(pair)
        assert (await http.get(f"{made.address}/content")).status_code == 200


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM attachment_chunks WHERE index = 0",
        "DELETE FROM attachment_chunks WHERE index = 3",
        "UPDATE attachment_chunks SET content = set_byte(content, 60, get_byte(content, 60) # 1) WHERE index = 0",
        "UPDATE attachments SET media_type = 'image/png'",
    ],
    ids=["first gone", "last gone", "altered", "called a picture"],
)
async def test_what_was_altered_does_not_open(practice: Practice, pair: Pair, harm: str):
    async with practice.signed_in(pair.client) as http:
        made = await ready(http, pair, numbered(3 * CHUNK + 100))
        assert (await write(http, pair, made)).status_code == 201
        async with practice.arrange() as session:
            await session.execute(text(harm))
        answer = await http.get(f"{made.address}/content")
        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")


async def test_with_a_withdrawn_message_its_files_are_gone_for_both(practice: Practice, pair: Pair):
    async with practice.signed_in(pair.client) as http:
        made, other, message_id = await ready(http, pair), await ready(http, pair), new_id()
        assert (await write(http, pair, made, message_id=message_id)).status_code == 201
        corrected = {"id": str(new_id()), "text": "Hello again", "replaces": 0}
        answer = await http.post(f"{pair.messages}/{message_id}/versions", json=corrected)
        assert [one["id"] for one in answer.json()["attachments"]] == [made.id]  # words change, files do not
        assert (await write(http, pair, other)).status_code == 201
        assert (await http.put(f"{pair.messages}/{message_id}/withdrawal")).is_success
    for reader in (pair.client, pair.therapist):
        assert [len(one["attachments"]) for one in await practice.read(pair, reader)] == [0, 1]
        async with practice.signed_in(reader) as http:
            assert (await http.get(f"{made.address}/content")).status_code == 404
            assert (await http.get(f"{other.address}/content")).status_code == 200
