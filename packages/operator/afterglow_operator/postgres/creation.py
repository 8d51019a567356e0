"""Making a cluster's data folder, once, so that a start that is killed leaves nothing half made."""

import os
import secrets
import shutil
from pathlib import Path

from afterglow_operator import tether
from afterglow_operator.errors import OperatorError
from afterglow_operator.postgres.programs import bin_folder, unprivileged

SUPERUSER = "postgres"
# Nothing of ours is passed on: no PG* variable of the caller's shell may change the server.
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "TZ": "UTC"}


def create(folder: Path, log: Path, *, durable: bool) -> None:
    """Make `folder/pgdata` and `folder/password` (the superuser's); OperatorError where it fails."""
    unfinished = folder / "pgdata.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    password = folder / "password"
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    if account := unprivileged():
        for path in (unfinished, password):
            os.chown(path, account.uid, account.gid)
    _initdb(unfinished, password, log, durable=durable)
    os.chown(password, os.geteuid(), os.getegid())
    unfinished.rename(folder / "pgdata")


def _initdb(pgdata: Path, password: Path, log: Path, *, durable: bool) -> None:
    options: dict[str, str | Path] = {
        "--pgdata": pgdata,
        "--username": SUPERUSER,
        "--pwfile": password,
        "--auth": "scram-sha-256",
        "--encoding": "UTF8",
        "--locale": "C",
        "--locale-provider": "builtin",
        "--builtin-locale": "C.UTF-8",  # the same order of letters on every machine
    }
    command: list[str | Path] = [bin_folder() / "initdb", "--data-checksums", "--no-instructions"]
    command += [part for option in options.items() for part in option]
    command += [] if durable else ["--no-sync"]
    with log.open("ab") as output:
        process = tether.start(
            command, log=output, environment=ENVIRONMENT, account=unprivileged(), folder=pgdata.parent
        )
        if process.wait() != 0:
            raise OperatorError(f"PostgreSQL's data folder could not be made; {log} says why.")
