"""What each answer must be by the model, and what it makes of the model."""

from collections import Counter
from typing import Any

import httpx

from tests.messaging.machine.model import CLIENTS, Message, Model


class Judge:
    """Judges answers in the order in which they took effect; `counted` is what the run can tell of itself."""

    def __init__(self, model: Model, counted: Counter[str]) -> None:
        self.model, self.counted = model, counted

    def readable(self, message: Message, who: str) -> bool:
        return who in CLIENTS or self.model.conversations[message.pair].readable

    def sent(self, message: Message, answer: httpx.Response, *, tried: bool = False) -> None:
        """`tried`: an earlier try, whose answer nobody got, may have stored it, and be what let it in at all."""
        conversation = self.model.conversations[message.pair]
        if not self.readable(message, message.sender):
            assert answer.status_code == 404
        elif message.sequence:
            assert (answer.status_code, answer.json()) == (200, answer.json() | shown(message))
        elif conversation.care is None and not (tried and answer.is_success):
            assert answer.status_code == 403
        elif message.reply_to and not message.reply_to.sequence:
            assert answer.status_code == 422
        else:
            assert answer.status_code == 201 or (tried and answer.status_code == 200), answer.text
            conversation.store(message, answer.json()["sequence"])
            assert answer.json() == answer.json() | shown(message)
            self.counted["messages stored"] += 1

    def sent_at_once(self, both: list[tuple[Message, httpx.Response | None]]) -> None:
        """Two at the same time: in the order in which they were stored, whoever was refused before or after."""
        answered = [(message, answer) for message, answer in both if answer]
        stored = sorted((one for one in answered if one[1].is_success), key=place)
        for message, answer in stored:
            self.sent(message, answer)
        for message, answer in answered:
            if not answer.is_success and not self.was_too_early(message, answer):
                self.sent(message, answer)

    def was_too_early(self, message: Message, answer: httpx.Response) -> bool:
        """A reply that came before what it answers."""
        return answer.status_code == 422 and message.reply_to is not None

    def corrected(self, message: Message, who: str, answer: httpx.Response, body: dict[str, Any]) -> None:
        if not self.readable(message, who):
            assert answer.status_code == 404
        elif who != message.sender:
            assert answer.status_code == 403
        elif len(message.words) > body["replaces"] + 1:
            assert (answer.status_code, answer.json()["text"]) == (200, message.text_in(message.state))
        elif self.model.conversations[message.pair].care is None:
            assert answer.status_code == 403
        elif message.withdrawn:
            assert answer.status_code == 409
        else:
            assert answer.status_code == 201, answer.text
            message.words.append(body["text"])
            self.counted["corrections"] += 1

    def withdrawn(self, message: Message, who: str, answer: httpx.Response) -> None:
        if not self.readable(message, who):
            assert answer.status_code == 404
        elif who != message.sender:
            assert answer.status_code == 403
        elif message.withdrawn:
            assert answer.status_code == 200
        elif self.model.conversations[message.pair].care is None:
            assert answer.status_code == 403
        else:
            assert (answer.status_code, answer.json()["text"]) == (201, None)
            message.withdrawn = True
            self.counted["withdrawals"] += 1


def place(one: tuple[Message, httpx.Response]) -> tuple[int, bool]:
    """By number; a replay after what it repeats."""
    return one[1].json()["sequence"], one[1].status_code == 200


def shown(message: Message) -> dict[str, Any]:
    """What everybody who may read it sees of a message."""
    return {
        "id": str(message.id),
        "sequence": message.sequence,
        "text": message.text_in(message.state),
        "corrections": len(message.words) - 1,
        "reply_to": str(message.reply_to.id) if message.reply_to else None,
    }
