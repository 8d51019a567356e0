"""A PostgreSQL server of our own: made once, started, repaired after `kill -9`, stopped; on loopback only.

A cluster's folder holds `pgdata` (PostgreSQL's own) and `password` (the superuser's); as root, `pgdata`
belongs to an unprivileged user and the folder around it to root.
"""

import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from afterglow_operator import tether
from afterglow_operator.errors import OperatorError
from afterglow_operator.ports import LOOPBACK, free_ports, is_free
from afterglow_operator.postgres import postmaster
from afterglow_operator.postgres.creation import ENVIRONMENT, SUPERUSER, create
from afterglow_operator.postgres.programs import bin_folder, unprivileged

VERSION = "18"
START_PATIENCE = 30.0  # seconds until a start counts as failed; recovery after a crash is part of it
RETRY_FOR = 5.0  # seconds in which what `kill -9` left behind may still be going away
START_OVER = "`make demo RESET=1` starts over with new data."

# A laptop's amount of memory; `io_method=sync` saves the worker processes of PostgreSQL 18's default.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "huge_pages": "off",
    "io_method": "sync",
    "jit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
}
# Of tests, some of which go through thousands of savepoints in one transaction: each holds a lock of its own.
CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_locks_per_transaction": "512",
}


class Cluster:
    """One PostgreSQL server and its data. Start it from the main thread: it dies with the thread that did.

    `data` is the cluster's folder (made where missing); `port` None takes a free one; `durable=False`, for
    tests only, gives up safety against power loss for speed.
    """

    def __init__(self, data: Path, *, port: int | None = None, log: Path | None = None, durable: bool = True) -> None:
        self.data = data
        self.log = log or data / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self._wanted_port = port
        self._port: int | None = None
        self._durable = durable

    @property
    def port(self) -> int:
        """The loopback port; OperatorError before the first start."""
        if self._port is None:
            raise OperatorError("PostgreSQL has not been started.")
        return self._port

    @property
    def admin_url(self) -> str:
        """The superuser's URL of the database `postgres`, in asyncpg's plain form."""
        return self.url("postgres", SUPERUSER, (self.data / "password").read_text())

    def url(self, database: str, role: str, password: str) -> str:
        """Return `postgresql://…` for a role and a database of this cluster."""
        return f"postgresql://{quote(role)}:{quote(password)}@{LOOPBACK}:{self.port}/{quote(database)}"

    def start(self) -> None:
        """Make the data where they are missing, end what an earlier run left, start, wait for an answer.

        OperatorError, in one sentence, for a port in use, data that are broken or of another version, and a
        folder that the server's user cannot enter.
        """
        self.data.mkdir(parents=True, exist_ok=True, mode=0o711)
        _check_reachable(self.data)
        postmaster.end_orphan(self.pgdata)
        if self._wanted_port is not None and not is_free(self._wanted_port):
            raise OperatorError(f"Port {self._wanted_port}, wanted for PostgreSQL, is in use.")
        if not self.pgdata.exists():
            create(self.data, self.log, durable=self._durable)
        _check_version(self.pgdata)
        deadline = time.monotonic() + RETRY_FOR
        while not self._attempt(may_retry=time.monotonic() < deadline):
            time.sleep(0.2)

    def stop(self) -> None:
        """Disconnect everyone and end in order; harmless where nothing runs."""
        if self.process is not None:
            tether.end(self.process, signal.SIGINT, patience=10.0)
            self.process = None

    @property
    def pgdata(self) -> Path:
        """PostgreSQL's own data folder."""
        return self.data / "pgdata"

    def _attempt(self, *, may_retry: bool) -> bool:
        """Start once; True when it answers, False when what an earlier run left is still going away."""
        self._port = self._wanted_port or free_ports(1)[0]
        written = self.log.stat().st_size if self.log.exists() else 0
        self.process = self._launch(self._port)
        if postmaster.wait_ready(self.pgdata, self.process, START_PATIENCE):
            return True
        self.stop()
        reason = postmaster.reason(self.log, written)
        if may_retry and postmaster.passes_by_itself(reason):
            return False
        raise OperatorError(f"PostgreSQL does not start from {self.pgdata}: {reason}. {START_OVER}")

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        settings = {**SETTINGS, **({} if self._durable else CARELESS), "port": str(port)}
        command: list[str | Path] = [bin_folder() / "postgres", "-D", self.pgdata]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            return tether.start(
                command,
                log=log,
                environment=ENVIRONMENT,
                on_parent_death=signal.SIGINT,  # the same orderly end that stop() asks for
                account=unprivileged(self.pgdata),
                folder=self.data,
            )


def _check_reachable(data: Path) -> None:
    if unprivileged() is None:
        return
    for folder in (data, *data.absolute().parents):
        if not folder.stat().st_mode & 0o001:
            raise OperatorError(f"PostgreSQL does not run as root, and an unprivileged user cannot enter {folder}.")


def _check_version(pgdata: Path) -> None:
    try:
        found = (pgdata / "PG_VERSION").read_text().strip()
    except OSError:
        raise OperatorError(f"The data folder {pgdata} is broken: its PG_VERSION is missing. {START_OVER}") from None
    if found != VERSION:
        raise OperatorError(
            f"The data folder {pgdata} was made by PostgreSQL {found or '?'}, not {VERSION}. {START_OVER}"
        )
