"""Programs of others sign people in, unchanged, at the demonstration over TLS."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from afterglow_operator.demo.installation import Installation

from tests.operator.demonstrations import Demonstration
from tests.relying_parties.person import Person

START_LIMIT = 600
NewPerson = Callable[[], Person]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test waits for the whole system to start."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(START_LIMIT))


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """Everything behind the gateway, over TLS with its own authority, ended afterwards."""
    demonstration = Demonstration.new(tmp_path_factory.mktemp("relying_parties"))
    try:
        started = demonstration.start("--https")
        assert started.returncode == 0, started.stdout + started.stderr
        yield demonstration
    finally:
        demonstration.stop()


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that a program may read after it gave up being root."""
    with tempfile.TemporaryDirectory(prefix="afterglow-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="session")
def authority(demonstration: Demonstration, open_folder: Path) -> Path:
    """The certificate that vouches for the demonstration's."""
    copy = open_folder / "authority.pem"
    copy.write_bytes(Installation(demonstration.var).authority.read_bytes())
    copy.chmod(0o644)
    return copy


@pytest.fixture(scope="session")
def issuer(demonstration: Demonstration) -> str:
    return f"{demonstration.document['base_url']}/auth"


@pytest.fixture
def client_of_the_practice(demonstration: Demonstration) -> dict[str, Any]:
    accounts: list[dict[str, Any]] = demonstration.document["accounts"]
    return next(account for account in accounts if account["role"] == "client")


@pytest.fixture
def person(demonstration: Demonstration, client_of_the_practice: dict[str, Any], authority: Path) -> Iterator[Person]:
    """A client of the practice, at a fresh browser."""
    person = Person(demonstration.document["base_url"], client_of_the_practice, authority)
    with person.browser:
        yield person


@pytest.fixture
def program(demonstration: Demonstration, issuer: str, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a program is told: the demonstration's client whose id parametrizes the test, as var/demo.json has it."""
    known = next(client for client in demonstration.document["clients"] if client["client_id"] == request.param)
    return {
        "issuer": issuer,
        "client_id": known["client_id"],
        "redirect_uri": known["redirect_uris"][0],
        "private_jwk": known.get("private_jwk"),
        "scope": "openid profile email offline_access",
    }
