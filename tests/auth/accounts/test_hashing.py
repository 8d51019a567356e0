"""Where passwords are hashed: in threads that stand back, as many as there are cores."""

import asyncio
import os
import sys
import threading

import pytest
from afterglow_auth.accounts import passwords


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a priority is a whole process's")
async def test_a_hash_stands_back_behind_the_event_loop_which_keeps_its_priority() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    hashing = await passwords.in_hashing_thread(os.getpriority, os.PRIO_PROCESS, 0)
    assert hashing == min(own + passwords.STANDS_BACK, 19)
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


async def test_where_no_priority_may_be_changed_passwords_are_hashed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refused)
    passwords.hashing_threads.cache_clear()
    try:
        assert await passwords.verify("right", passwords.HASHER.hash("right")) == (True, None)
    finally:
        passwords.hashing_threads().shutdown()
        passwords.hashing_threads.cache_clear()


async def test_no_more_hashes_run_at_once_than_there_are_cores() -> None:
    cores = os.cpu_count() or 1
    begun, release = threading.Semaphore(0), threading.Event()

    def work() -> None:
        begun.release()
        release.wait()

    hashes = [asyncio.ensure_future(passwords.in_hashing_thread(work)) for _ in range(cores + 1)]
    running = 0
    try:
        for _ in range(cores):
            running += await asyncio.to_thread(begun.acquire, timeout=60)
        assert running == cores
        assert not begun.acquire(blocking=False)
    finally:
        release.set()
        await asyncio.gather(*hashes)


async def test_whoever_stops_waiting_for_a_hash_leaves_the_thread_to_the_next() -> None:
    stored = passwords.HASHER.hash("right")
    given_up = asyncio.ensure_future(passwords.verify("right", stored))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await passwords.verify("right", stored) == (True, None)
