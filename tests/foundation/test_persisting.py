"""What cannot be done at once is tried again, later and not for ever."""

import asyncio
from collections.abc import Sequence

import pytest
from afterglow_foundation import persisting
from afterglow_foundation.persisting import AGAIN_AFTER, persist


@pytest.mark.parametrize(
    ("answers", "waits"),
    [
        ([True], ()),
        ([False, True], AGAIN_AFTER[:1]),
        ([False, False, True], AGAIN_AFTER[:2]),
        ([False] * (len(AGAIN_AFTER) + 1), AGAIN_AFTER),
    ],
    ids=["at once", "the second time", "the third time", "never"],
)
async def test_a_step_is_tried_until_it_is_done(
    monkeypatch: pytest.MonkeyPatch, answers: Sequence[bool], waits: Sequence[int]
) -> None:
    waited, left = list[float](), iter(answers)

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def step() -> bool:
        return next(left)

    monkeypatch.setattr(persisting, "sleep", sleep)
    await persist(step, "a step")
    await asyncio.gather(*persisting.UNDER_WAY)
    assert waited == list(waits)
    assert list(left) == []
