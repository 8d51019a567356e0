"""A party takes a conversation out: freshly proved, told of, never while exports are held."""

import time
from datetime import timedelta
from typing import Any

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person, as_service
from afterglow_messaging.exports import service
from sqlalchemy import text

from tests.messaging.attachments.sending import ready, write
from tests.messaging.practice import API, CONVERSATIONS, Pair, Practice

HOLD = text("UPDATE people SET exports_held = true WHERE id = :id")


async def take_out(practice: Practice, pair: Pair, person: Person, **claims: Any) -> tuple[int, dict[str, Any]]:
    async with practice.signed_in(person, **claims) as http:
        answer = await http.post(f"{pair.path}/exports")
    return answer.status_code, answer.json()


async def test_all_of_it_in_order(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    first = await practice.send(pair, pair.client, "one *and* #more")
    await practice.send(pair, pair.therapist, "two — ñ ☀️")
    await practice.send(other_pair, other_pair.client, "not ours")
    withdrawn = await practice.send(pair, pair.client, "three")
    await practice.correct(pair, pair.client, first, "one, better")
    async with practice.signed_in(pair.client) as http:
        await http.put(f"{pair.messages}/{withdrawn['id']}/withdrawal")
    for person in (pair.client, pair.therapist):
        status, taken = await take_out(practice, pair, person)
        assert status == 200
        assert (taken["format"], taken["version"]) == ("afterglow.conversation", 3)
        assert (taken["conversation_id"], taken["exported_by"]) == (str(pair.conversation_id), str(person.id))
        assert taken["client"] == {"id": str(pair.client.id), "name": pair.client.name}
        assert [one["text"] for one in taken["messages"]] == ["one, better", "two — ñ ☀️", None]
        assert [one["corrections"] for one in taken["messages"]] == [1, 0, 0]
        assert [bool(one["withdrawn_at"]) for one in taken["messages"]] == [False, False, True]
        assert "three" not in str(taken)


async def test_files_are_named(practice: Practice, pair: Pair) -> None:
    async with practice.signed_in(pair.client) as http:
        assert (await write(http, pair, await ready(http, pair))).status_code == 201
    (message,) = (await take_out(practice, pair, pair.therapist))[1]["messages"]
    assert [file["name"] for file in message["attachments"]] == ["letter.pdf"]


async def test_nothing_written_yet(practice: Practice, pair: Pair) -> None:
    assert (await take_out(practice, pair, pair.client))[1]["messages"] == []


async def test_it_is_audited_and_the_client_sees_it(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "hello")
    await take_out(practice, pair, pair.therapist)
    (event,) = await practice.audited(action="conversation.exported")
    assert (event.actor_id, event.object_id, event.subject_id) == (
        pair.therapist.id,
        pair.conversation_id,
        pair.client.id,
    )
    async with practice.signed_in(pair.client) as http:
        log = (await http.get(f"{API}/access-log", params={"kind": "messages"})).json()["items"]
    assert [one["action"] for one in log] == ["conversation.exported"]


async def test_a_sign_in_from_long_ago_is_not_enough(practice: Practice, pair: Pair) -> None:
    status, refused = await take_out(practice, pair, pair.client, auth_time=int(time.time()) - 700)
    assert (status, refused["code"]) == (401, "step_up_needed")
    assert (await take_out(practice, pair, pair.client, **as_service("portal")))[0] == 403
    assert await practice.audited(action="conversation.exported") == []


@pytest.mark.parametrize("held", ["client", "therapist"])
async def test_nothing_leaves_while_exports_are_held(practice: Practice, pair: Pair, held: str) -> None:
    """The client's hold stops both; the therapist's stops themselves. The answer does not say that it is a hold."""
    await practice.send(pair, pair.client, "hello")
    async with practice.arrange() as session:
        await session.execute(HOLD, {"id": getattr(pair, held).id})
    answers = {person: await take_out(practice, pair, getattr(pair, person)) for person in ("client", "therapist")}
    assert answers["therapist"][0] == 403
    assert answers["client"][0] == (403 if held == "client" else 200)
    assert answers["therapist"][1]["code"] == "export_unavailable"
    assert "h" + "eld" not in str(answers["therapist"][1])
    refused = await practice.audited(action="conversation.exported", outcome="refused")
    assert {(event.actor_id, event.purpose) for event in refused} >= {(pair.therapist.id, "held")}


async def test_whose_it_is_and_when_care_has_ended(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    for person in (other_pair.client, other_pair.therapist):
        assert (await take_out(practice, pair, person))[0] == 404
    await practice.end_care(pair, ago=timedelta(days=15))
    assert (await take_out(practice, pair, pair.therapist))[0] == 404
    status, taken = await take_out(practice, pair, pair.client)
    assert (status, bool(taken["closed_at"])) == (200, True)
    async with practice.signed_in(pair.client) as http:
        assert (await http.post(f"{CONVERSATIONS}/{new_id()}/exports")).status_code == 404
        assert (await http.post(f"{CONVERSATIONS}/x/exports")).status_code == 422


@pytest.mark.parametrize("bound", ["MOST_MESSAGES", "MOST_BYTES"])
async def test_too_long_is_said(practice: Practice, pair: Pair, monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(service, bound, 1)
    for _ in range(2):
        await practice.send(pair, pair.client, "hello")
    status, refused = await take_out(practice, pair, pair.client)
    assert (status, refused["code"]) == (409, "conversation_too_long")
    assert await practice.audited(action="conversation.exported", outcome="success") == []


async def test_the_shape_is_documented(practice: Practice) -> None:
    shape = practice.app.openapi()["components"]["schemas"]["ConversationExport"]["properties"]
    assert (shape["format"]["const"], shape["version"]["const"]) == ("afterglow.conversation", 3)
