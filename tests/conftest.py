"""One real PostgreSQL for the whole run, and one migrated database per worker and service."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from afterglow_foundation.migrations import upgrade
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_operator.postgres import temporary_cluster
from afterglow_operator.provision import provision, role_names
from xdist.scheduler import LoadFileScheduling

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
PASSWORD = "only-ever-on-loopback-in-tests"
GIVEN_CLUSTER = "AFTERGLOW_TESTS_CLUSTER"  # the superuser's URL of one that runs already, for tests/mutation.py
_cluster = pytest.StashKey[object]()
_admin_url = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the cluster once, in the process that controls the workers."""
    worker_input = getattr(config, "workerinput", None)
    if worker_input is not None:
        config.stash[_admin_url] = worker_input["admin_url"]
    elif given := os.environ.get(GIVEN_CLUSTER):
        config.stash[_admin_url] = given
    elif not config.option.collectonly:
        manager = temporary_cluster()
        config.stash[_cluster] = manager
        config.stash[_admin_url] = manager.__enter__().admin_url


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell an xdist worker where the cluster is."""
    node.workerinput["admin_url"] = node.config.stash[_admin_url]  # type: ignore[attr-defined]  # xdist ships no types


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling:
    config.option.loadscopereorder = False  # the order is ours
    return ByFile(config, log)


class ByFile(LoadFileScheduling):
    """A file is one worker's, and so is what shares something that is slow to start; what takes long begins first.

    Every test with a browser or with containers is the same worker's: containers that come and go change the
    machine's networks, and Chromium then drops whatever it is loading.
    """

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


TOGETHER = {
    "tests/compose/": "browsers",
    "tests/design/test_gallery.py": "browsers",
    "tests/design/test_htmx.py": "browsers",
    "tests/design/test_slider.py": "browsers",
    "tests/journeys/": "browsers",
    "tests/relying_parties/": "relying parties",
}
LONGEST = (
    "browsers",
    "tests/security/test_schemathesis.py",
    "tests/security/test_words.py",
    "relying parties",
    "tests/faults/test_kills.py",
    "tests/operator/test_demo.py",
    "tests/messaging/test_state_machine.py",
    "tests/security/test_matrix.py",
    "tests/security/test_access_tokens.py",
    "tests/security/test_cross_site.py",
    "tests/foundation/test_jobs.py",
)


def unit_of(nodeid: str) -> str:
    """What is one worker's: mostly a file."""
    shared = (unit for begins, unit in TOGETHER.items() if nodeid.startswith(begins))
    return next(shared, nodeid.split("::", 1)[0])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Lay the units out for the workers, so that none ends up alone with a long one: few tests may take long."""
    if not hasattr(config, "workerinput"):
        return
    tests = Counter(unit_of(item.nodeid) for item in items)

    def place(item: pytest.Item) -> tuple[int, int, str]:
        unit = unit_of(item.nodeid)
        return (LONGEST.index(unit) if unit in LONGEST else len(LONGEST), -tests[unit], unit)

    items.sort(key=place)


def pytest_unconfigure(config: pytest.Config) -> None:
    manager = config.stash.get(_cluster, None)
    if manager is not None:
        manager.__exit__(None, None, None)  # type: ignore[attr-defined]  # a context manager kept over two hooks


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was counted: what a test keeps with `record_property("counted", "…")`."""
    reports = [report for found in terminalreporter.stats.values() for report in found if hasattr(report, "when")]
    counted = {
        str(value) for report in reports for name, value in getattr(report, "user_properties", ()) if name == "counted"
    }
    if counted:
        terminalreporter.section("counted")
        for line in sorted(counted):
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def admin_url(pytestconfig: pytest.Config) -> str:
    """The superuser's URL of the run's cluster, in asyncpg's form."""
    return pytestconfig.stash[_admin_url]


@pytest.fixture(scope="session")
def make_database(admin_url: str) -> Callable[[str, str], MigratedDatabase]:
    """Make and migrate one service's database, once for each name."""
    made: dict[tuple[str, str], MigratedDatabase] = {}

    def make(service: str, name: str) -> MigratedDatabase:
        if (service, name) not in made:
            made[service, name] = migrated_database(admin_url, service, f"test_{WORKER}_{name}_")
        return made[service, name]

    return make


def migrated_database(admin_url: str, service: str, prefix: str) -> MigratedDatabase:
    passwords = dict.fromkeys(role_names(service), PASSWORD)
    root = admin_url.rsplit("/", 1)[0].split("@", 1)[1]
    urls = {role: f"postgresql+asyncpg://{role}:{PASSWORD}@{root}/{prefix}{service}" for role in role_names(service)}

    def prepare() -> None:
        asyncio.run(provision(admin_url, passwords, [service], prefix))
        upgrade(f"afterglow_{service}", urls[f"{service}_owner"])

    with ThreadPoolExecutor(1) as elsewhere:  # an event loop may already run in this thread
        elsewhere.submit(prepare).result()
    superuser = admin_url.replace("postgresql://", "postgresql+asyncpg://").rsplit("/", 1)[0]
    return MigratedDatabase(service, f"{superuser}/{prefix}{service}", urls)
