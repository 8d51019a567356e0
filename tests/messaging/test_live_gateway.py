"""The same streams through the real gateway: nothing waits in it, and what goes in front of a stream stays in front."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_messaging.settings import Settings
from afterglow_operator.ports import free_ports

from tests.deploy.gateways import SERVICES, environment, running_caddy
from tests.messaging.practice import KEY, WAKE_UPS, Pair, Practice
from tests.messaging.processes import Process, process


@pytest_asyncio.fixture(loop_scope="session")
async def behind_caddy(
    settings_values: dict[str, Any], committed: MigratedDatabase, committed_practice: Practice, tmp_path: Path
) -> AsyncIterator[Process]:
    """A copy of the service whose address is the gateway's."""
    own = {"database_url": committed.app_url, "client_private_key": KEY}
    settings = Settings(**settings_values | own, client_id="messaging")
    async with process(settings, committed_practice) as running:
        (port,) = free_ports(1)
        upstreams = dict.fromkeys(SERVICES, 1) | {"messaging": int(running.url.rsplit(":", 1)[1])}
        with running_caddy(environment(tmp_path, port, upstreams), tmp_path / "caddy.log"):
            yield replace(running, url=f"http://localhost:{port}")


async def test_events_flow_through_the_gateway_as_they_happen(behind_caddy: Process, committed_pair: Pair) -> None:
    practice, pair = behind_caddy.practice, committed_pair
    async with behind_caddy.follow(pair.client) as stream:
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in stream.answer.headers
        start = (await stream.next()).id
        for number in range(3):
            sent = time.monotonic()
            await practice.send(pair, pair.therapist, f"{number}")
            assert await stream.texts(1) == [f"{number}"]
            assert time.monotonic() - sent < 1
            await asyncio.sleep(0.3)
    async with behind_caddy.follow(pair.client, start) as stream:
        await stream.next()
        assert await stream.texts(3) == ["0", "1", "2"]


@pytest.mark.parametrize("path", [WAKE_UPS, f"/api/messaging{WAKE_UPS}", f"/api/messaging/..{WAKE_UPS}"])
async def test_wake_ups_are_not_to_be_had_from_outside(behind_caddy: Process, committed_pair: Pair, path: str) -> None:
    token = behind_caddy.practice.issuer.token(committed_pair.client, "messaging")
    async with httpx.AsyncClient(base_url=behind_caddy.url, headers={"authorization": f"Bearer {token}"}) as http:
        answer = await http.get(path)
    assert answer.status_code == 404
