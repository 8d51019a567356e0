"""People who write, correct, listen and break off in any order: no word is lost, doubled, misplaced or misdelivered."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.polling import RevokedSession
from afterglow_foundation.testing.people import Person
from afterglow_messaging.people.receiving import COPY
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
)

from tests.assurance import LONG
from tests.messaging.machine.ears import Ear
from tests.messaging.machine.judging import Judge
from tests.messaging.machine.looking import look, told_once
from tests.messaging.machine.model import NAMES, PAIRS, Conversation, Message, Model
from tests.messaging.machine.running import run_machine
from tests.messaging.machine.world import BREAKS, World
from tests.messaging.practice import CONVERSATIONS

EXAMPLES = 150 if LONG else 16
STEPS = 40
LONG_AGO = timedelta(days=15)
COPIES = st.integers(0, 1)
NAME = st.sampled_from(NAMES)
PAIR = st.sampled_from(PAIRS)
SELDOM = st.sampled_from([False, False, False, True])
ANY_CHARACTER = st.characters(exclude_characters="\x00", exclude_categories=["Cs"])
WORDS = st.builds("{}x".format, st.text(ANY_CHARACTER, max_size=5))


class Conversations(RuleBasedStateMachine):
    """What is drawn never depends on how a race went; what is expected may."""

    messages: Bundle[Message] = Bundle("messages")

    def __init__(self, world: World, counted: Counter[str]) -> None:
        super().__init__()
        self.world, self.counted = world, counted
        self.model = Model.new()
        self.judge = Judge(self.model, counted)
        self.ears: dict[str, Ear] = {}

    @initialize(target=messages)
    def begin(self) -> MultipleResults[Message]:
        """Three pairs in care, two who listen, and something that each may send."""
        self.world.run(self.world.practice.know(*self.model.people.values()))
        for pair in PAIRS[:3]:
            self.world.run(self.join(pair))
        for copy, name in enumerate(PAIRS[0]):
            self.listen(name, copy, 0)
        return multiple(*(Message(pair, name, [f"from {name}"]) for pair in PAIRS[:3] for name in pair))

    # ---- who may write to whom

    @rule(pair=PAIR, how=st.sampled_from(["begins", "ends", "ended long ago"]))
    def care(self, pair: tuple[str, str], how: str) -> None:
        """Whoever joins again reads what was written before; a therapist who left reads for fourteen days more."""
        self.world.run(self.join(pair) if how == "begins" else self.leave(pair, long_ago=how == "ended long ago"))

    async def join(self, pair: tuple[str, str]) -> None:
        known = self.model.conversations.get(pair)
        if known and known.care:
            return
        client, therapist = (self.model.people[name] for name in pair)
        care = await self.world.practice.care(client, therapist)
        found = await self.world.practice.conversation_of(client, therapist)
        conversation = self.model.conversations.setdefault(pair, Conversation(found, care))
        assert conversation.id == found
        conversation.care = care

    async def leave(self, pair: tuple[str, str], *, long_ago: bool) -> None:
        conversation = self.model.conversations.get(pair)
        if conversation is None or conversation.care is None:
            return
        if long_ago and pair[1] in self.ears:
            await self.ears[pair[1]].settle(0)  # of what they could read until now they are told until now
        client, therapist = (self.model.people[name] for name in pair)
        ended = LONG_AGO if long_ago else timedelta(seconds=1)
        await self.world.practice.care(client, therapist, conversation.care, ended=ended)
        conversation.end(long_ago=long_ago)

    @rule(message=messages)
    def send_while_leaving(self, message: Message) -> None:
        async def race() -> None:
            answer, _ = await asyncio.gather(self.put(message, 0), self.leave(message.pair, long_ago=False))
            if answer:
                self.judge.sent(message, answer, tried=True)

        self.world.run(race())

    @rule(name=NAME, copy=COPIES, how=st.sampled_from(["session ended", "account closed"]))
    def revoke(self, name: str, copy: int, how: str) -> None:
        """The stream ends, and nothing is answered; then they sign in again, or the account is opened again."""
        self.world.run(self.end_session(name, copy) if how == "session ended" else self.close_account(name, copy))
        self.counted[f"times that a stream could not outlive: {how}"] += 1

    async def end_session(self, name: str, copy: int) -> None:
        person = self.model.people[name]
        ended = RevokedSession(session_id=person.session_id, person_id=person.id, revoked_at=datetime.now(UTC))
        async with self.world.practice.arrange() as session:
            await COPY.apply_revoked(session, [ended])
        await self.is_shut_out(name, person, copy, 401)
        self.model.sign_in_again(name)

    async def close_account(self, name: str, copy: int) -> None:
        person = self.model.people[name]
        await self.world.practice.know(person, disabled_at=datetime.now(UTC))
        await self.is_shut_out(name, person, copy, 403)
        await self.world.practice.know(person)

    async def is_shut_out(self, name: str, person: Person, copy: int, status: int) -> None:
        for conversation in self.model.readable(name).values():
            path = f"{CONVERSATIONS}/{conversation.id}/messages"
            assert (await self.world.ask(person, copy, "GET", path)).status_code == status
            sent = await self.world.ask(person, copy, "PUT", f"{path}/{new_id()}", json={"text": "too late"})
            assert sent.status_code == status
        if (ear := self.ears.get(name)) and ear.following:
            await ear.following  # it ends by itself

    # ---- what they write

    @rule(target=messages, pair=PAIR, side=st.integers(0, 1), words=WORDS, at_once=st.booleans())
    def write(self, pair: tuple[str, str], side: int, words: str, *, at_once: bool) -> Message:
        """Its id is made now; whether it is sent in that order is another thing."""
        message = Message(pair, pair[side], [words])
        if at_once:
            self.send(message, side)
        return message

    @rule(target=messages, answered=messages, side=st.integers(0, 1), words=WORDS)
    def reply(self, answered: Message, side: int, words: str) -> Message:
        """It cannot be sent before what it answers."""
        message = Message(answered.pair, answered.pair[side], [words], reply_to=answered)
        self.send(message, side)
        return message

    @rule(message=messages, copy=COPIES)
    def send(self, message: Message, copy: int) -> None:
        """For the first time or again."""
        if answer := self.world.run(self.put(message, copy)):
            self.judge.sent(message, answer)

    @rule(first=messages, second=messages)
    def send_two_at_once(self, first: Message, second: Message) -> None:
        """At both copies: the same one twice, one and its reply, two of one sender, two senders."""

        async def race() -> None:
            answers = await asyncio.gather(self.put(first, 0), self.put(second, 1))
            self.judge.sent_at_once(list(zip((first, second), answers, strict=True)))

        self.world.run(race())

    @rule(message=messages, copy=COPIES, broken=st.sampled_from(["line", "copy", "database"]), turns=st.integers(0, 60))
    def send_while_something_breaks(self, message: Message, copy: int, broken: str, turns: int) -> None:
        """And again, at the other copy, until there is an answer."""
        if path := self.path(message):
            self.world.run(self.breaking(message, path, copy, broken, turns))
            self.counted[f"times that something broke: {broken}"] += 1

    async def breaking(self, message: Message, path: str, copy: int, broken: str, turns: int) -> None:
        person = self.model.people[message.sender]
        if broken == "line":
            await self.world.put_and_break(person, copy, path, message.body, break_at=BREAKS[turns % len(BREAKS)])
        else:
            sending = self.world.ask(person, copy, "PUT", path, json=message.body)
            breaks = self.world.break_all(copy, turns) if broken == "copy" else self.world.lose_database()
            answer, _ = await asyncio.gather(sending, breaks, return_exceptions=True)
            assert not isinstance(answer, AssertionError), answer
        answer = await self.world.until_answered(person, 1 - copy, path, message.body)
        self.judge.sent(message, answer, tried=True)

    @rule(message=messages, copy=COPIES, words=WORDS, by_the_other=st.booleans())
    def use_an_id_again(self, message: Message, copy: int, words: str, *, by_the_other: bool) -> None:
        """For other words, or by the other person: what is stored stays."""
        sender = message.other if by_the_other else message.sender
        if message.sequence and self.judge.readable(message, sender):
            body = message.body | ({} if by_the_other else {"text": words + message.words[0]})
            asked = self.world.ask(self.model.people[sender], copy, "PUT", str(self.path(message)), json=body)
            assert self.world.run(asked).status_code == 409

    async def put(self, message: Message, copy: int) -> httpx.Response | None:
        """Send it until it is answered. None where there is no conversation to send it in."""
        path, sender = self.path(message), self.model.people[message.sender]
        return await self.world.until_answered(sender, copy, path, message.body) if path else None

    def path(self, message: Message) -> str | None:
        conversation = self.model.conversations.get(message.pair)
        return f"{CONVERSATIONS}/{conversation.id}/messages/{message.id}" if conversation else None

    # ---- what they change

    @rule(message=messages, copy=COPIES, words=WORDS, by_the_other=SELDOM, repeated=st.booleans())
    def correct(self, message: Message, copy: int, words: str, *, by_the_other: bool, repeated: bool) -> None:
        if self.is_stored(message):
            who, body = message.other if by_the_other else message.sender, correction(message, words)
            for _ in range(1 + repeated):
                self.judge.corrected(message, who, self.world.run(self.put_right(message, who, copy, body)), body)

    @rule(message=messages, copy=COPIES, by_the_other=SELDOM)
    def withdraw(self, message: Message, copy: int, *, by_the_other: bool) -> None:
        if self.is_stored(message):
            who = message.other if by_the_other else message.sender
            self.judge.withdrawn(message, who, self.world.run(self.take_back(message, who, copy)))

    @rule(message=messages, words=WORDS)
    def correct_while_withdrawing(self, message: Message, words: str) -> None:
        """Either may be first."""
        if self.is_stored(message):
            who, body = message.sender, correction(message, words)
            both = both_of(self.put_right(message, who, 0, body), self.take_back(message, who, 1))
            corrected, withdrawn = self.world.run(both)
            if corrected.status_code == 201:
                self.judge.corrected(message, who, corrected, body)
                self.judge.withdrawn(message, who, withdrawn)
            else:
                self.judge.withdrawn(message, who, withdrawn)
                self.judge.corrected(message, who, corrected, body)

    def is_stored(self, message: Message) -> bool:
        """What was not sent yet is sent now, if it may be: else most of what is drawn could not be changed."""
        if not message.sequence:
            self.send(message, 0)
        return message.sequence is not None

    def put_right(
        self, message: Message, who: str, copy: int, body: dict[str, Any]
    ) -> Coroutine[Any, Any, httpx.Response]:
        return self.world.ask(self.model.people[who], copy, "POST", f"{self.path(message)}/versions", json=body)

    def take_back(self, message: Message, who: str, copy: int) -> Coroutine[Any, Any, httpx.Response]:
        return self.world.ask(self.model.people[who], copy, "PUT", f"{self.path(message)}/withdrawal")

    # ---- what they see and hear

    @rule(pair=PAIR, side=st.integers(0, 1), copy=COPIES, sequence=st.integers(0, 12))
    def mark(self, pair: tuple[str, str], side: int, copy: int, sequence: int) -> None:
        name, conversation = pair[side], self.model.conversations.get(pair)
        if conversation and pair in self.model.readable(name):
            path, body = f"{CONVERSATIONS}/{conversation.id}/read-mark", {"sequence": sequence}
            answer = self.world.run(self.world.ask(self.model.people[name], copy, "PUT", path, json=body))
            mark = conversation.mark(name, sequence)
            assert answer.json() == {"sequence": mark, "unread": conversation.unread(name)}

    @rule(name=NAME, copy=COPIES, lost=st.integers(0, 3))
    def listen(self, name: str, copy: int, lost: int) -> None:
        """Open a stream; or break off, lose the last that came, and go on after what is left."""
        ear = self.ears.setdefault(name, Ear(self.world, self.model, name))
        self.world.run(ear.break_off(lost))
        self.world.run(ear.listen(copy))
        self.counted["streams opened"] += 1

    @rule(name=NAME, copy=COPIES)
    def look(self, name: str, copy: int) -> None:
        self.world.run(look(self.world, self.model, name, copy))

    def teardown(self) -> None:
        """Whoever listened has heard everything once; everybody sees what is theirs; each sending was told once."""
        try:
            for ear in self.ears.values():
                self.world.run(ear.settle(0))
            for name in NAMES:
                self.look(name, 1)
            self.world.run(told_once(self.world, self.model))
        finally:
            for ear in self.ears.values():
                self.counted["delivered live"] += len(ear.heard)
                self.world.run(ear.break_off(0))


def correction(message: Message, words: str) -> dict[str, Any]:
    return {"id": str(new_id()), "text": words, "replaces": len(message.words) - 1}


async def both_of(*asked: Coroutine[Any, Any, httpx.Response]) -> list[httpx.Response]:
    return list(await asyncio.gather(*asked))


@pytest.mark.timeout(3600 if LONG else 600)
def test_no_word_is_lost_doubled_misplaced_or_misdelivered(
    world: World, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    """Nothing is made smaller after a failure: that would take many times as long, and forty steps can be read."""
    monkeypatch.setattr("afterglow_messaging.live.following.TRY_AGAIN", 0.05)
    counted: Counter[str] = Counter()
    run_machine(partial(Conversations, world, counted), examples=EXAMPLES, steps=STEPS)
    told = ", ".join(f"{what} {count}" for what, count in sorted(counted.items()))
    record_property("counted", f"conversations in any order: {told}")
    assert counted["messages stored"] > EXAMPLES
    assert counted["corrections"] > 0
    assert counted["withdrawals"] > 0
    assert counted["delivered live"] > EXAMPLES
