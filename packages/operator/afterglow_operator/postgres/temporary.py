"""A cluster for tests: fast rather than durable, in a folder of its own that goes away at the end."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from afterglow_operator.postgres.cluster import Cluster
from afterglow_operator.postgres.programs import shared_folder


@contextmanager
def temporary_cluster() -> Iterator[Cluster]:
    """Run a cluster on a free loopback port; it is stopped and deleted at the end."""
    with _locked_folder() as folder:
        cluster = Cluster(folder, durable=False)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def _locked_folder() -> Iterator[Path]:
    """Make a folder whose lock we hold for as long as we use it; then delete it."""
    base = shared_folder("temporary") if os.geteuid() == 0 else Path(tempfile.gettempdir())
    _sweep(base)
    folder = Path(tempfile.mkdtemp(prefix="afterglow-", dir=base))
    folder.chmod(0o711)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(base: Path) -> None:
    """Delete what killed runs of ours left: folders whose lock nobody holds any more."""
    for lock in base.glob("afterglow-*/lock"):
        try:
            with lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.parent, ignore_errors=True)
        except OSError:  # held by a run that goes on, or another user's
            continue
