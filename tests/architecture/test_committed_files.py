"""No committed file names a package registry's host, a path of one machine, or the retired crisis number."""

import re
from pathlib import Path

# Written in pieces, so that this file does not contain what it looks for.
REGISTRIES = re.compile(
    "|".join(
        ["py" + r"pi\.org", "pythonho" + r"sted\.org", "registry\\.npm" + "js", "npm" + r"js\.com", "deb\\.deb" + "ian"]
    )
)
MACHINE_PATHS = re.compile("|".join(["/wo" + "rk/", "/ro" + r"ot/\.", "/fa" + "rm/"]))
RETIRED_NUMBER = re.compile("800" + r"[-.\s]?273[-.\s]?" + "8255")


def found(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    return [
        f"{path}:{number}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_registry(committed_files: list[Path]):
    assert found(REGISTRIES, committed_files) == []


def test_no_file_carries_a_path_of_one_machine(committed_files: list[Path]):
    assert found(MACHINE_PATHS, committed_files) == []


def test_the_retired_crisis_number_appears_nowhere(committed_files: list[Path]):
    assert found(RETIRED_NUMBER, committed_files) == []


def test_the_patterns_find_what_they_look_for(tmp_path: Path):
    guilty = tmp_path / "guilty.txt"
    guilty.write_text("https://py" + "pi.org/simple\n/wo" + "rk/main\ncall 1-800-" + "273-8255\n")
    assert [len(found(pattern, [guilty])) for pattern in (REGISTRIES, MACHINE_PATHS, RETIRED_NUMBER)] == [1, 1, 1]


def test_locks_are_hashed_and_name_no_source(committed_files: list[Path]):
    names = {"requirements.txt", "demonstration.txt", "bootstrap.txt", "node.txt"}
    locks = [path for path in committed_files if path.name in names]
    assert len(locks) >= 9
    for lock in locks:
        text = lock.read_text()
        entries = re.findall(r"^[a-z0-9][^\n]*==", text, re.MULTILINE)
        assert entries
        assert "://" not in text
        assert "--index" not in text
        assert "--find-links" not in text
        unhashed = [
            block for block in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:] if "sha256:" not in block
        ]
        assert unhashed == [], lock


def test_no_lock_of_uv_is_committed(committed_files: list[Path]):
    assert [path for path in committed_files if path.name == "uv.lock"] == []


def test_the_npm_lock_has_no_download_addresses(committed_files: list[Path]):
    locks = [path for path in committed_files if path.name == "package-lock.json"]
    assert locks
    assert [path for path in locks if '"resolved"' in path.read_text()] == []


def test_foundations_lock_is_a_part_of_every_services_lock(root: Path):
    """Images install it first, once for all of them; a service must not get what its own lock does not name."""

    def locked(project: str) -> set[str]:
        lock = (root / project / "requirements.txt").read_text()
        return set(re.findall(r"^[a-z0-9][^\s]*==[^\s]+", lock, re.MULTILINE))

    foundation = locked("packages/foundation")
    assert len(foundation) > 20
    for project in ("packages/operator", "services/auth", "services/portal", "services/messaging", "services/web"):
        assert foundation <= locked(project), project
