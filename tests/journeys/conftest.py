"""Journeys: the real demonstration, started for this run by the operator's own command, and a real browser."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from afterglow_operator.ports import free_ports
from playwright.async_api import Browser

from tests.journeys.browsing import Visit, chromium_running, visits
from tests.journeys.mailbox import Mailbox
from tests.journeys.visitor import Demonstration

START_LIMIT = 240


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first journey waits for the whole system to start."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(START_LIMIT + 120))


def afterglow(*arguments: str) -> str:
    """Run the operator's command and return what it printed; its own sentence is what a failure shows."""
    command = [sys.executable, "-m", "afterglow_operator.main", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_LIMIT, check=False)  # our own program
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the run's demonstration."""
    return tmp_path_factory.mktemp("demonstration") / "var"


@pytest.fixture(scope="session")
def demonstration(var: Path) -> Iterator[Demonstration]:
    """Everything running behind the gateway, with fresh demonstration data, ended afterwards."""
    try:
        afterglow("demo", "--detach", "--var", str(var), "--port", str(free_ports(1)[0]))
        yield Demonstration.model_validate(json.loads((var / "demo.json").read_text()))
    finally:
        afterglow("stop", "--var", str(var))


@pytest.fixture(scope="session")
def mailbox(var: Path) -> Mailbox:
    """The mails that were sent, as the operator's command shows them."""
    return Mailbox(lambda: json.loads(afterglow("mail", "--json", "--var", str(var))))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with chromium_running() as browser:
        yield browser


@pytest.fixture
def visit(chromium: Browser, demonstration: Demonstration) -> Visit:
    return visits(chromium, demonstration)
