"""A saved answer under its therapist's key, bound to its row."""

import json

from afterglow_foundation.sealing import Binding, DataKey

from afterglow_messaging.saved_answers.models import SavedAnswer
from afterglow_messaging.saved_answers.schemas import SavedAnswerIn, SavedAnswerName, SavedAnswerOut


def binding(answer: SavedAnswer, column: str) -> Binding:
    return Binding("messaging", "saved_answers", column, row=answer.id, owner=answer.therapist_id)


def digest(key: DataKey, body: SavedAnswerIn) -> bytes:
    return key.digest(json.dumps([body.name, body.text], ensure_ascii=False).encode())


def seal(key: DataKey, answer: SavedAnswer, body: SavedAnswerIn) -> None:
    answer.sealed_name = key.seal(body.name, binding(answer, "name"))
    answer.sealed_text = key.seal(body.text, binding(answer, "text"))


def named(key: DataKey, answer: SavedAnswer) -> SavedAnswerName:
    return SavedAnswerName(id=answer.id, name=key.open(answer.sealed_name, binding(answer, "name")))


def opened(key: DataKey, answer: SavedAnswer) -> SavedAnswerOut:
    """Raises SealBrokenError for what was altered or moved."""
    text = key.open(answer.sealed_text, binding(answer, "text"))
    return SavedAnswerOut(**named(key, answer).model_dump(), text=text, version=answer.version)
