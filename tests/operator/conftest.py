"""Folders in which PostgreSQL can live, whoever runs the tests."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from afterglow_operator.postgres import Cluster
from afterglow_operator.postgres.programs import shared_folder


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """An empty folder that PostgreSQL's user can enter."""
    base = shared_folder("temporary") if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="test-", dir=base))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home() -> Iterator[Path]:
    with reachable_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def fresh_data() -> Iterator[Path]:
    """A cluster that was started once and stopped, to copy: that is quicker than making one per test."""
    with reachable_folder() as folder:
        cluster = Cluster(folder / "cluster", durable=False)
        cluster.start()
        cluster.stop()
        yield cluster.data


@pytest.fixture
def make_cluster(home: Path) -> Iterator[Callable[..., Cluster]]:
    """Make clusters in `home`, stopped at the end in any case."""
    made: list[Cluster] = []

    def make(**options: object) -> Cluster:
        made.append(Cluster(home / "cluster", **{"durable": False, **options}))  # type: ignore[arg-type]  # as the test says
        return made[-1]

    yield make
    for cluster in made:
        cluster.stop()


@pytest.fixture
def cluster(make_cluster: Callable[..., Cluster], fresh_data: Path, home: Path) -> Cluster:
    """A running cluster of the test's own."""
    subprocess.run(["cp", "--archive", fresh_data, home / "cluster"], check=True)
    started = make_cluster()
    started.start()
    return started
