"""What is sealed opens unaltered, in its place, under its key, and in no other way."""

from dataclasses import replace
from typing import Any

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import OVERHEAD_BYTES, Binding, DataKey, SealBrokenError
from afterglow_foundation.sealing.box import HEADER_BYTES, TAG_BYTES
from hypothesis import given
from hypothesis import strategies as st

WORDS = "What I could not say aloud. 🌒"
KEY = DataKey(id=new_id(), owner=new_id(), material=bytes(range(32)))
PLACE = Binding("portal", "check_ins", "note", row=new_id(), owner=KEY.owner)


@given(text=st.text())
def test_it_opens_to_what_was_sealed(text: str) -> None:
    sealed = KEY.seal(text, PLACE)
    assert KEY.open(sealed, PLACE) == text
    assert len(sealed) == HEADER_BYTES + len(text.encode()) + TAG_BYTES


def test_the_header_says_format_algorithm_and_key() -> None:
    sealed = KEY.seal(WORDS, PLACE)
    assert sealed[:2] == b"\x01\x01"
    assert sealed[2:18] == KEY.id.bytes


def test_every_single_byte_counts() -> None:
    sealed = KEY.seal(WORDS, PLACE)
    for place in range(len(sealed)):
        for change in (0x01, 0x80, 0xFF):
            altered = bytearray(sealed)
            altered[place] ^= change
            with pytest.raises(SealBrokenError):
                KEY.open(bytes(altered), PLACE)


def test_no_part_of_it_and_nothing_longer_opens() -> None:
    sealed = KEY.seal(WORDS, PLACE)
    for length in range(len(sealed)):
        with pytest.raises(SealBrokenError):
            KEY.open(sealed[:length], PLACE)
    for longer in (sealed + b"\x00", b"\x01" + sealed, sealed + sealed):
        with pytest.raises(SealBrokenError):
            KEY.open(longer, PLACE)


@pytest.mark.parametrize(
    "change",
    [
        {"service": "messaging"},
        {"table": "journal"},
        {"column": "words"},
        {"row": new_id()},
        {"owner": new_id()},
        {"schema_version": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_moved_to_another_place_it_does_not_open(change: dict[str, Any]) -> None:
    with pytest.raises(SealBrokenError):
        KEY.open(KEY.seal(WORDS, PLACE), replace(PLACE, **change))


def test_places_are_not_confused_by_how_they_are_written() -> None:
    one, other = replace(PLACE, table="a", column="b"), replace(PLACE, table="b", column="a")
    assert one.encode() != other.encode()
    assert PLACE.encode().count(b"|") == 5


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, material=bytes(32)),
        replace(KEY, id=new_id()),
        DataKey(id=new_id(), owner=KEY.owner, material=bytes(range(1, 33))),
    ],
    ids=["other material", "other id", "another key"],
)
def test_under_another_key_it_does_not_open(other: DataKey) -> None:
    with pytest.raises(SealBrokenError):
        other.open(KEY.seal(WORDS, PLACE), PLACE)


def test_the_same_words_are_never_sealed_alike() -> None:
    sealed = {KEY.seal(WORDS, PLACE) for _ in range(200)}
    assert len(sealed) == 200
    assert len({each[18:HEADER_BYTES] for each in sealed}) == 200


def test_a_key_does_not_show_itself() -> None:
    shown = repr(KEY)
    assert "material" not in shown
    assert str(bytes(range(32))) not in shown
    assert "AESGCM" not in shown


def test_a_digest_needs_the_key_and_tells_bodies_apart() -> None:
    assert KEY.digest(b"body") == KEY.digest(b"body")
    assert len(KEY.digest(b"body")) == 32
    assert KEY.digest(b"body") != KEY.digest(b"bodz")
    assert KEY.digest(b"body") != replace(KEY, material=bytes(32)).digest(b"body")


@given(content=st.binary())
def test_what_is_no_text_opens_to_what_was_sealed(content: bytes) -> None:
    sealed = KEY.seal_bytes(content, PLACE)
    assert KEY.open_bytes(sealed, PLACE) == content
    assert len(sealed) == len(content) + OVERHEAD_BYTES
