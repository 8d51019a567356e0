"""The real docker-compose.yml, brought up once, and taken away whole as soon as nobody needs it."""

import base64
import hashlib
import os
import ssl
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import Browser

from tests.compose.practice import ADMIN, CLIENT, THERAPIST, Practice
from tests.compose.project import Project, engine_answers
from tests.journeys.browsing import Visit, chromium_running, visits
from tests.journeys.visitor import Demonstration

LIMIT = 1500  # the first test waits for every image to be built
REQUIRED = "AFTERGLOW_TEST_CONTAINERS"
AUTHORITY = "/certificates/pki/authorities/local"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/compose/" in item.nodeid:
            item.add_marker(pytest.mark.timeout(LIMIT))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Everything up and healthy. Without a Docker engine nothing is tried, which .ci/run does not let pass."""
    if not engine_answers():
        assert os.environ.get(REQUIRED) != "required", "no Docker engine answers, and this run needs one"
        pytest.skip("no Docker engine answers: docker-compose.yml was not run")
    made = Project(tmp_path_factory.mktemp("compose"))
    made.prepare()
    try:
        made.up("--build")
        yield made
    finally:
        made.down()


@pytest.fixture(scope="module")
def trust(project: Project) -> ssl.SSLContext:
    """Trusts the gateway's own authority, and nobody else."""
    return ssl.create_default_context(cafile=project.copied("gateway", f"{AUTHORITY}/root.crt"))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def chromium(project: Project) -> AsyncIterator[Browser]:
    """A browser that takes the gateway's certificates because it knows the key that signs them."""
    signer = x509.load_pem_x509_certificate(project.copied("gateway", f"{AUTHORITY}/intermediate.crt").read_bytes())
    key = signer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    known = base64.b64encode(hashlib.sha256(key).digest()).decode()
    async with chromium_running(f"--ignore-certificate-errors-spki-list={known}") as browser:
        yield browser


@pytest.fixture(scope="module")
def visit(chromium: Browser, project: Project) -> Visit:
    return visits(chromium, Demonstration(base_url=project.base_url, accounts=[ADMIN, THERAPIST, CLIENT]))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def practice(project: Project, visit: Visit, trust: ssl.SSLContext) -> Practice:
    """The first admin and a therapist have accepted their invitations."""
    return await Practice.opened(project, visit, trust)
