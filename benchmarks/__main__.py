"""`make bench`: figures as ratios taken in one run, ours against the bare ceiling on the same machine."""

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks import (
    check_ins,
    interactive,
    memory,
    messages,
    programs,
    refreshes,
    searches,
    sign_in_rounds,
    streams,
    timeline,
    ways,
)
from benchmarks.load import Measured
from benchmarks.streams import Weight
from benchmarks.system import Bare, System, bare_beside, temporary_system

console = Console()
SIGN_IN = "sign-in round"


@dataclass
class Figures:
    """Everything one run measured; times in seconds, weights in MiB."""

    start_new: float
    start_existing: float
    weights: dict[str, float]
    rates: ways.Results
    sign_ins: sign_in_rounds.Figures
    paced_inserts: Measured
    paced_deliveries: Measured
    saturated: Measured
    timeline: timeline.Figures
    searches: Measured
    interactive: interactive.Visits
    streams: Weight


def main() -> None:
    """Start a system of its own, measure, print."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6, help="how long each way is measured, over all rounds")
    parser.add_argument("--only", help="rates alone, of the ways with this in their names; `sign-in` is one of them")
    chosen = parser.parse_args()
    if chosen.only:
        with temporary_system() as system:
            print_rates(*measure_only(system, chosen.only, chosen.seconds))
        return
    with Progress(console=console, transient=True) as progress, temporary_system() as system:
        task = progress.add_task("", total=10)

        def step(words: str) -> None:
            progress.update(task, advance=1, description=words)

        figures = measure(system, chosen.seconds, step)
    print_rates(figures.rates, figures.sign_ins)
    print_messages(figures)
    console.print(timeline.sentence(figures.timeline))
    console.print(searches.sentence(figures.searches))
    console.print(interactive.sentence(figures.interactive) + "\n")
    print_memory(figures)
    console.print(
        f"\nStart: {figures.start_new:.1f} s with new data, {figures.start_existing:.1f} s with existing data."
    )


def measure(system: System, seconds: float, step: Callable[[str], None]) -> Figures:
    step("Starting with new data")
    start_new = system.start()
    system.command("stop")
    step("Starting with existing data")
    start_existing = system.start()
    step("Weighing the processes")
    weights = memory.by_process(system.running["processes"] | {"operator": system.running["pid"]})
    with bare_beside(system) as bare:
        step("Check-ins, tokens and messages, each way in turn")
        rates = asyncio.run(ways.run(all_ways(system, bare), seconds))
        step("Messages from sending to the other's stream")
        inserts, deliveries = asyncio.run(messages.paced(system, bare, messages.pair_of(system), seconds))
        saturated = asyncio.run(messages.saturated(system, messages.pair_of(system), seconds))
    step("Sign-ins, and hashing alone, in turn")
    sign_ins = asyncio.run(sign_in_rounds.run(system, seconds))
    step("Ten years of check-ins")
    years = asyncio.run(timeline.run(system))
    step("A search through a full journal")
    found = asyncio.run(searches.run(system))
    step("The check-in page on a slow phone")
    ready = asyncio.run(interactive.run(system))
    step(f"{streams.STREAMS:,} live streams")
    weight = asyncio.run(streams.run(system))
    return Figures(
        start_new,
        start_existing,
        weights,
        rates,
        sign_ins,
        inserts,
        deliveries,
        saturated,
        years,
        found,
        ready,
        weight,
    )


def measure_only(system: System, named: str, seconds: float) -> tuple[ways.Results, sign_in_rounds.Figures | None]:
    """The rates of some ways beside their ceilings, and of sign-in rounds."""
    system.start()
    with bare_beside(system) as bare:
        every = all_ways(system, bare)
        found = [way for way in every if named in way.name]
        ceilings = [way for way in every if way.name in {each.ceiling for each in found}]
        rates = asyncio.run(ways.run([*ceilings, *(way for way in found if way not in ceilings)], seconds))
    return rates, asyncio.run(sign_in_rounds.run(system, seconds)) if named in SIGN_IN else None


def all_ways(system: System, bare: Bare) -> list[ways.Way]:
    """The ceilings first, then every way that is a ratio to one of them."""
    return [
        *check_ins.ceilings(bare),
        *check_ins.ways(system),
        *refreshes.ways(system),
        *programs.ways(system),
        *messages.ways(system, messages.pair_of(system)),
    ]


def table_of(title: str, *headings: str) -> Table:
    """Words on the left, numbers on the right."""
    table = Table(title=title, show_edge=False)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    return table


def cells(measured: Measured) -> tuple[str, str, str]:
    return f"{measured.rate:,.0f}", f"{measured.percentile(0.5):.1f}", f"{measured.percentile(0.99):.1f}"


def print_rates(rates: ways.Results, sign_ins: sign_in_rounds.Figures | None) -> None:
    table = table_of("Rates", "way", "per second", "p50 ms", "p99 ms", "ratio to its ceiling")
    for name, (_, measured) in rates.measured.items():
        ratio = rates.ratio(name)
        table.add_row(name, *cells(measured), "" if ratio is None else f"{ratio:.2f}")
    if sign_ins:
        table.add_row(SIGN_IN, *cells(sign_ins.rounds), f"{sign_ins.ratio:.2f}")
        table.add_row("hashing only", *cells(sign_ins.hashing), "")
    console.print(table)
    console.print(
        "The ceiling is the bare app's one INSERT, alone or behind the same gateway; "
        "that of the sign-in rounds is hashing only.\n"
    )


def print_messages(figures: Figures) -> None:
    table = table_of("Messages, from sending to the other's stream", "how", "per second", "p50 ms", "p99 ms")
    table.add_row(f"bare INSERTs answered, {messages.PACE} a second", *cells(figures.paced_inserts))
    table.add_row(f"messages delivered, {messages.PACE} a second", *cells(figures.paced_deliveries))
    table.add_row("messages delivered, as fast as it goes", *cells(figures.saturated))
    console.print(table)
    times = figures.paced_deliveries.percentile(0.99) / figures.paced_inserts.percentile(0.99)
    console.print(f"Paced, the p99 of delivery is {times:.1f} times that of the bare INSERT's answer.\n")


def print_memory(figures: Figures) -> None:
    """`operator` has all others below it: its own share is what is left."""
    weights = dict(figures.weights)
    everything = weights.pop("operator")
    table = table_of("Memory (proportional set size)", "process", "MiB")
    for name, weight in weights.items():
        table.add_row(f"{name}, idle", f"{weight:.0f}")
    table.add_row("all of these", f"{sum(weights.values()):.0f}")
    table.add_row("the demonstration's supervisor besides", f"{everything - sum(weights.values()):.0f}")
    live = figures.streams
    table.add_row(f"web and messaging, after the load, {live.streams:,} streams open", f"{live.after:.0f}")
    table.add_row("  of which the streams", f"{live.after - live.before:.0f}")
    console.print(table)


if __name__ == "__main__":
    main()
