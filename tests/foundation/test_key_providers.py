"""Key-encryption keys: the newest wraps, every kept one unwraps, and a data key opens as its owner's only."""

import base64
import json

import pytest
from afterglow_foundation.sealing import FileKeyProvider, SealBrokenError, WrappedKey

MATERIAL = bytes(range(32))
OWNER = b"data key of somebody"
FIRST, SECOND = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


def provider(**keys: str) -> FileKeyProvider:
    return FileKeyProvider(json.dumps({name.lstrip("v"): key for name, key in keys.items()}))


async def test_a_wrapped_key_unwraps() -> None:
    wrapped = await provider(v1=FIRST).wrap(MATERIAL, OWNER)
    assert wrapped.version == 1
    assert MATERIAL not in wrapped.wrapped
    assert await provider(v1=FIRST).unwrap(wrapped, OWNER) == MATERIAL


async def test_after_rotation_the_newest_wraps_and_the_old_one_still_unwraps() -> None:
    old = await provider(v1=FIRST).wrap(MATERIAL, OWNER)
    rotated = provider(v1=FIRST, v2=SECOND)
    assert (await rotated.wrap(MATERIAL, OWNER)).version == 2
    assert await rotated.unwrap(old, OWNER) == MATERIAL


async def test_the_newest_is_the_highest_number_not_the_last_word() -> None:
    assert (await provider(v10=FIRST, v9=SECOND).wrap(MATERIAL, OWNER)).version == 10


async def test_a_version_that_is_not_kept_is_refused() -> None:
    old = await provider(v1=FIRST).wrap(MATERIAL, OWNER)
    with pytest.raises(SealBrokenError, match="version 1"):
        await provider(v2=SECOND).unwrap(old, OWNER)


async def test_another_owner_another_key_or_an_altered_byte_is_refused() -> None:
    keys = provider(v1=FIRST)
    good = await keys.wrap(MATERIAL, OWNER)
    with pytest.raises(SealBrokenError):
        await keys.unwrap(good, b"data key of somebody else")
    with pytest.raises(SealBrokenError):
        await provider(v1=SECOND).unwrap(good, OWNER)
    for place in range(len(good.wrapped)):
        altered = bytearray(good.wrapped)
        altered[place] ^= 1
        with pytest.raises(SealBrokenError):
            await keys.unwrap(WrappedKey(1, bytes(altered)), OWNER)
    for length in range(len(good.wrapped)):
        with pytest.raises(SealBrokenError):
            await keys.unwrap(WrappedKey(1, good.wrapped[:length]), OWNER)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "null",
        "[]",
        "{}",
        '"key"',
        '{"1": 7}',
        '{"1": null}',
        '{"1": ""}',
        '{"1": "not base64 at all!"}',
        '{"one": "' + FIRST + '"}',
        '{"1": "' + base64.b64encode(bytes(31)).decode() + '"}',
        '{"1": "' + base64.b64encode(bytes(33)).decode() + '"}',
        '{"1": "' + FIRST + '", "2": "' + base64.b64encode(bytes(16)).decode() + '"}',
    ],
)
def test_a_document_without_usable_keys_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        FileKeyProvider(document)
    assert FIRST not in str(refused.value)
