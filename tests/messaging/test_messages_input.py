"""What a request may carry: the words as they are, or a problem that names the field, never a fault of ours."""

import json
import unicodedata
from typing import Any

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_messaging.messages.schemas import LONGEST_TEXT, MessageIn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.messaging.practice import Pair, Practice

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "text"),
        ({"text": None}, "text"),
        ({"text": ""}, "text"),
        ({"text": " \n\t\u2003"}, "text"),
        ({"text": "\u200b\u2060\ufeff"}, "text"),
        ({"text": "\u202e\u2066 \u00ad"}, "text"),
        ({"text": "\x07\x1b"}, "text"),
        ({"text": 7}, "text"),
        ({"text": True}, "text"),
        ({"text": ["words"]}, "text"),
        ({"text": {"words": "x"}}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "\ud800"}, "text"),
        ({"text": "fine \udfff"}, "text"),
        ({"text": "x" * (LONGEST_TEXT + 1)}, "text"),
        ({"text": "x", "reply_to": 7}, "reply_to"),
        ({"text": "x", "reply_to": "someone"}, "reply_to"),
        ({"text": "x", "reply_to": "\ud800"}, "reply_to"),
        ({"text": "x", "sender_id": str(new_id())}, "sender_id"),
        ({"text": "x", "sequence": 1}, "sequence"),
        ({"text": "x", "sent_at": "2020-01-01T00:00:00Z"}, "sent_at"),
        ({"text": "x", "attachments": "a file"}, "attachments"),
        (["text"], "body"),
        ("text", "body"),
        (None, "body"),
    ],
)
async def test_unusable_bodies_are_named(practice: Practice, pair: Pair, body: Any, field: str) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(f"{pair.messages}/{new_id()}", content=json.dumps(body), headers=JSON)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in [error["field"] for error in answer.json()["errors"]]
    assert await practice.read(pair, pair.client) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"text": "\xff\xfe"}',
        b'{"text": NaN}',
        b'{"text": ' + b"9" * 5000 + b"}",
        b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"text": "' + b"x" * (2 * 1024 * 1024) + b'"}',
    ],
    ids=["empty", "broken", "not UTF-8", "NaN", "a huge number", "deeply nested", "too large"],
)
async def test_what_is_no_usable_json_is_a_problem(practice: Practice, pair: Pair, content: bytes) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(f"{pair.messages}/{new_id()}", content=content, headers=JSON)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
async def test_only_json_is_taken(practice: Practice, pair: Pair, kind: str | None) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(
            f"{pair.messages}/{new_id()}", content=b'{"text": "hello"}', headers={"content-type": kind} if kind else {}
        )
    assert answer.status_code == 415
    assert await practice.read(pair, pair.client) == []


async def test_the_longest_message_fits_however_it_is_escaped(practice: Practice, pair: Pair) -> None:
    words = "\U0001f305" * LONGEST_TEXT
    assert (await practice.send(pair, pair.client, words))["text"] == words
    assert [message["text"] for message in await practice.read(pair, pair.therapist)] == [words]


@pytest.mark.parametrize(
    "words",
    [
        "\u202egnp.exe\u202c and on",
        "never closed \u2066\u202e",
        "\u05e9\u05dc\u05d5\u05dd and \u0633\u0644\u0627\u0645",
        "a\x07\x1b[31m bell\r\n\ttab",
        "a" + "\u0301" * 2_000,
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u2764\ufe0f",
        "> " * 4_999 + "x",
        "<script>alert(1)</script>",
    ],
    ids=["turned", "left open", "right to left", "control", "stacked", "joined", "a heart", "nested", "markup"],
)
async def test_unusual_words_arrive_as_they_were_sent(practice: Practice, pair: Pair, words: str) -> None:
    """Words are a person's own: nothing is cleaned away, what shows them keeps them in their place."""
    assert (await practice.send(pair, pair.client, words))["text"] == words
    assert [message["text"] for message in await practice.read(pair, pair.therapist)] == [words]


async def test_a_refusal_never_repeats_what_was_written(practice: Practice, pair: Pair) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(f"{pair.messages}/{new_id()}", json={"text": "my secret\x00words", "mood": "private"})
    assert "secret" not in answer.text
    assert "private" not in answer.text


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
BODIES = st.dictionaries(st.sampled_from(["text", "reply_to", "sender_id", "x"]), ANY_JSON) | ANY_JSON


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=BODIES)
async def test_any_body_is_stored_word_for_word_or_refused(practice: Practice, pair: Pair, body: Any) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(f"{pair.messages}/{new_id()}", content=json.dumps(body), headers=JSON)
    try:
        usable = MessageIn.model_validate(body)
    except ValidationError:
        assert answer.status_code == 422
        assert answer.json()["errors"]
    else:
        assert answer.status_code == 201
        assert answer.json()["text"] == usable.text == body["text"]


@given(text=st.text(st.characters(exclude_categories=()), min_size=0, max_size=40))
def test_words_are_taken_as_they_are_or_not_at_all(text: str) -> None:
    seen = [category for category in map(unicodedata.category, text) if category not in {"Cc", "Cf", "Zl", "Zp", "Zs"}]
    usable = bool(seen) and "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
    try:
        assert MessageIn.model_validate({"text": text}).text == text
        assert usable
    except ValidationError:
        assert not usable
