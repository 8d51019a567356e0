"""Somebody looks at everything that is theirs, and in vain at what is not."""

from collections import Counter
from typing import Any

from afterglow_foundation.identifiers import new_id

from tests.messaging.machine.judging import shown
from tests.messaging.machine.model import Conversation, Model
from tests.messaging.machine.world import World
from tests.messaging.practice import API, CONVERSATIONS

DOORS = (("GET", ""), ("GET", "/messages"), ("PUT", "/messages/{}"), ("PUT", "/read-mark"))


async def look(world: World, model: Model, name: str, copy: int) -> None:
    person, readable = model.people[name], model.readable(name)
    listed = (await world.ask(person, copy, "GET", CONVERSATIONS)).json()["items"]
    by_id = {str(each.id): each for each in readable.values()}
    assert {item["id"] for item in listed} == set(by_id)
    await look_at_unread(world, model, name, copy)
    for item in listed:
        conversation = by_id[item["id"]]
        assert counts(item) == expected_counts(conversation, name)
        read = await every_message(world, model, name, copy, conversation)
        assert read == [each | shown(message) for each, message in zip(read, conversation.messages, strict=True)]
    for conversation in model.foreign(name):
        for method, door in DOORS:
            path = f"{CONVERSATIONS}/{conversation.id}{door.format(new_id())}"
            body = {"sequence": 1} if door == "/read-mark" else {"text": "let me in"}
            assert (await world.ask(person, copy, method, path, json=body)).status_code == 404


async def look_at_unread(world: World, model: Model, name: str, copy: int) -> None:
    unread = (await world.ask(model.people[name], copy, "GET", f"{API}/unread")).json()
    expected = {str(each.id): each.unread(name) for each in model.readable(name).values()}
    assert {item["id"]: item["unread"] for item in unread["conversations"]} == +Counter(expected)
    assert unread["total"] == sum(expected.values())


def counts(item: dict[str, Any]) -> tuple[bool, int, int, int]:
    return item["closed_at"] is None, item["last_sequence"], item["read_sequence"], item["unread"]


def expected_counts(conversation: Conversation, name: str) -> tuple[bool, int, int, int]:
    goes_on, mark = conversation.care is not None, conversation.marks.get(name, 0)
    return goes_on, len(conversation.messages), mark, conversation.unread(name)


async def every_message(
    world: World, model: Model, name: str, copy: int, conversation: Conversation
) -> list[dict[str, Any]]:
    """All of a conversation, page by page."""
    items: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    while True:
        path = f"{CONVERSATIONS}/{conversation.id}/messages"
        page = (await world.ask(model.people[name], copy, "GET", path, params={"limit": 5, **after})).json()
        items += page["items"]
        if page["next"] is None:
            return items
        after = {"after": page["next"]}


async def told_once(world: World, model: Model) -> None:
    """The audit has each stored message once, and none besides."""
    for name, person in model.people.items():
        sent = await world.practice.audited(action="message.sent", actor_id=person.id, outcome="success")
        mine = [each.id for each in model.stored(name).values() if each.sender == name]
        assert Counter(event.object_id for event in sent) == Counter(mine)
