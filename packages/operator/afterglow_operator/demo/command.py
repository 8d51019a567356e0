"""What `afterglow demo` and `afterglow stop` do."""

import json
import signal
import sys
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from rich.console import Console

from afterglow_operator.demo import detaching, running
from afterglow_operator.demo.installation import Installation
from afterglow_operator.demo.plan import Plan
from afterglow_operator.demo.supervisor import StopRequested, Supervisor
from afterglow_operator.errors import OperatorError
from afterglow_operator.ports import is_free

console = Console(highlight=False)


def run(var: Path, *, port: int, reset: bool, detach: bool, https: bool) -> None:
    """Run the demonstration until a signal ends it, or in the background."""
    installation = Installation(var.resolve())
    installation.prepare()
    if detach:
        start_in_background(installation, port=port, reset=reset, https=https)
        return
    try:
        supervise(installation, port=port, reset=reset, https=https)
    except OperatorError as problem:
        detaching.report(str(problem))
        raise


def start_in_background(installation: Installation, *, port: int, reset: bool, https: bool) -> None:
    flags = [flag for flag, wanted in (("--reset", reset), ("--https", https)) if wanted]
    with console.status("Starting Afterglow in the background"):
        detaching.start(installation, ["--port", str(port), "--var", str(installation.var), *flags])
    announce(installation)
    name_authority(installation, https=https)
    console.print("It runs in the background; [bold]make stop[/bold] ends it.")


def supervise(installation: Installation, *, port: int, reset: bool, https: bool) -> None:
    with running.exclusively(installation):
        refuse_taken(port)
        if reset:
            installation.reset()
            installation.prepare()
        for signalled in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signalled, request_stop)
        supervisor = Supervisor(Plan(installation, port, https=https), lambda words: console.print(f"  {words}"))
        try:
            supervise_until_stopped(supervisor)
        except StopRequested:
            console.print("Ending.")
        finally:
            ignore_signals()
            supervisor.stop()


def supervise_until_stopped(supervisor: Supervisor) -> None:
    plan = supervisor.plan
    console.print(f"Afterglow starts at {plan.base_url}")
    running.note(plan.installation, plan.base_url, {}, plan.ports)
    supervisor.start()
    note = partial(note_processes, supervisor)
    note()
    if not detaching.is_detached():
        announce(plan.installation)
        name_authority(plan.installation, https=plan.https)
        console.print("Ctrl-C ends it.")
    detaching.report(detaching.READY)
    supervisor.watch(note)


def note_processes(supervisor: Supervisor) -> None:
    plan = supervisor.plan
    running.note(plan.installation, plan.base_url, supervisor.processes(), plan.ports)


def refuse_taken(port: int) -> None:
    if not is_free(port):
        raise OperatorError(f"Port {port} is in use; choose another one, for example `make demo PORT={port + 10}`.")


def request_stop(_signal: int, _frame: FrameType | None) -> None:
    raise StopRequested


def ignore_signals() -> None:
    """A second Ctrl-C must not leave anything behind."""
    for signalled in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signalled, signal.SIG_IGN)


def announce(installation: Installation) -> None:
    """Print the address and the accounts."""
    document: dict[str, Any] = json.loads(installation.demo_file.read_text())
    console.print("Demonstration accounts: no second factor here, and nobody real.")
    console.print("One admin: what takes a second person waits a day instead.\n")
    for account in document["accounts"]:
        # Plain lines, so that a narrow terminal folds a password rather than cutting it.
        console.print(f"  {account['role']:9}  {account['email']:33}  {account['password']}", soft_wrap=True)
    console.print()
    console.print(f"Afterglow is ready at [bold]{document['base_url']}[/bold]")
    sys.stdout.flush()


def name_authority(installation: Installation, *, https: bool) -> None:
    """Under TLS the browser warns until it trusts the demonstration's own authority."""
    if https:
        console.print(f"Its certificate is signed by {installation.authority}", soft_wrap=True)


def stop(var: Path) -> None:
    """End the demonstration that runs in `var`."""
    ended = running.stop(Installation(var.resolve()))
    console.print("Afterglow has ended." if ended else "No demonstration is running.")
