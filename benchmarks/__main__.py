"""`make bench`: figures as ratios taken in one run, ours against the bare ceiling on the same machine."""

import argparse
import asyncio

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks import check_ins, memory
from benchmarks.system import System, bare_beside, temporary_system

console = Console()


def main() -> None:
    """Start a system of its own, measure, print."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=9, help="how long each way is measured, over all rounds")
    seconds = parser.parse_args().seconds
    with Progress(console=console, transient=True) as progress, temporary_system() as system:
        task = progress.add_task("Starting with new data", total=4)
        new = system.start()
        system.command("stop")
        progress.update(task, advance=1, description="Starting with existing data")
        existing = system.start()
        progress.update(task, advance=1, description="Weighing the processes")
        weights = memory.by_process(system.running["processes"] | {"operator": system.running["pid"]})
        progress.update(task, advance=1, description="Sending check-ins")
        measured = measure_check_ins(system, seconds)
        progress.update(task, advance=1)
    print_check_ins(measured)
    print_memory(weights)
    console.print(f"\nStart: {new:.1f} s with new data, {existing:.1f} s with existing data.")


def measure_check_ins(system: System, seconds: float) -> check_ins.Results:
    with bare_beside(system) as bare:
        return asyncio.run(check_ins.run(system, bare, seconds))


def print_check_ins(measured: check_ins.Results) -> None:
    table = Table(title="Check-ins", show_edge=False)
    for heading in ("way", "per second", "p50 ms", "p99 ms", "ratio to the same INSERT, bare"):
        table.add_column(heading, justify="left" if heading == "way" else "right")
    for name, (way, result) in measured.items():
        ratio = f"{result.rate / measured[way.ceiling][1].rate:.2f}" if way.ceiling else ""
        cells = (f"{result.rate:,.0f}", f"{result.percentile(0.5):.1f}", f"{result.percentile(0.99):.1f}")
        table.add_row(name, *cells, ratio)
    console.print(table)


def print_memory(weights: dict[str, float]) -> None:
    """`operator` has all others below it: its own share is what is left."""
    everything = weights.pop("operator")
    table = Table(title="Memory, idle (proportional set size, MiB)", show_edge=False)
    table.add_column("process")
    table.add_column("MiB", justify="right")
    for name, weight in weights.items():
        table.add_row(name, f"{weight:.0f}")
    table.add_row("all of these", f"{sum(weights.values()):.0f}")
    table.add_row("the demonstration's supervisor besides", f"{everything - sum(weights.values()):.0f}")
    console.print(table)


if __name__ == "__main__":
    main()
