"""Memory as proportional set size: shared pages are counted once over all processes together."""

from pathlib import Path

import psutil

MEBIBYTE = 1024


def proportional_mebibytes(pid: int) -> float:
    """What one process weighs; pages shared with others count by their share."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) / MEBIBYTE


def by_process(pids: dict[str, int]) -> dict[str, float]:
    """Mebibytes of each named process with all of its descendants."""
    return {name: sum(proportional_mebibytes(process) for process in family(pid)) for name, pid in pids.items()}


def family(pid: int) -> list[int]:
    parent = psutil.Process(pid)
    return [pid, *(child.pid for child in parent.children(recursive=True))]
