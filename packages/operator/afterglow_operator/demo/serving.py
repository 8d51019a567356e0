"""Service processes, forked from one that has imported everything once: four starts for the price of one.

Importing a service takes most of its start, and forked processes share the memory of what was imported. The
server of forks is the standard library's `forkserver`; it ends when we do, and its children with it.
"""

import contextlib
import ctypes
import importlib
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from afterglow_operator.demo import tied
from afterglow_operator.demo.installation import SERVICES
from afterglow_operator.errors import OperatorError
from afterglow_operator.ports import LOOPBACK
from afterglow_operator.tether import die_with_parent

PR_SET_NAME = 15
Step = tuple[str, Sequence[object]]  # `module:function`, and what it is called with
PRELOADED = [
    "afterglow_operator.demo.tied",
    "__main__",
    *(f"afterglow_{service}.main" for service in SERVICES),
    "afterglow_operator.demo.preparing",
    "afterglow_operator.mailbox.receiving",
    "afterglow_foundation.serving",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.loops.uvloop",
    # What every service would import with its first call to another one.
    "anyio._backends._asyncio",
    "cryptography.hazmat.backends.openssl.backend",
    "encodings.idna",
    "httpcore",
    "afterglow_operator.demo.frozen",
]


def context() -> ForkServerContext:
    """Start the importing process in the background, and return the context that forks from it."""
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(PRELOADED)
    os.environ[tied.SUPERVISOR] = str(os.getpid())
    forkserver.ensure_running()
    return forking


def start(
    forking: ForkServerContext, service: str, port: int, environment: Mapping[str, str], log: Path
) -> ForkServerProcess:
    """Start one service on a loopback port."""
    process = forking.Process(target=serve, args=(service, port, dict(environment), log), name=service, daemon=True)
    process.start()
    return process


def start_mailbox(forking: ForkServerContext, folder: Path, port: int, log: Path) -> ForkServerProcess:
    """Start the demonstration's mail server on a loopback port; it keeps mails in `folder`."""
    process = forking.Process(target=receive_mail, args=(folder, port, log), name="mail", daemon=True)
    process.start()
    return process


def elsewhere(forking: ForkServerContext, steps: Sequence[Step], log: Path) -> None:
    """Take steps beside each other, each in a forked process of its own, so that the supervisor imports none of it.

    Raises OperatorError with the first failed step's own sentence, or with one that says where the rest is written.
    """
    with ProcessPoolExecutor(max(len(steps), 1), mp_context=forking) as pool:
        with undisturbed():
            taken = [pool.submit(call, name, arguments, log) for name, arguments in steps]
        for each in taken:
            each.result()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals wait: a pool ended in the midst of its start would leave a process that is waited for for good."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def call(step: str, arguments: Sequence[object], log: Path) -> None:
    forget_own_settings()
    module, _, function = step.partition(":")
    with told_in_a_sentence(function, log):
        getattr(importlib.import_module(module), function)(*arguments)


@contextlib.contextmanager
def told_in_a_sentence(step: str, log: Path) -> Iterator[None]:
    """Turn whatever goes wrong in a step into an OperatorError; the rest goes to `log`."""
    try:
        yield
    except OperatorError:
        raise
    except Exception:  # noqa: BLE001  # whatever it was, a person at the terminal gets one sentence
        with log.open("a") as output:
            traceback.print_exc(file=output)
        raise OperatorError(f"The step {step} of the start failed; {log} says why.") from None


def serve(service: str, port: int, environment: dict[str, str], log: Path) -> None:
    """Run a service in this process until it is told to end."""
    tie(f"afterglow-{service}")
    write_to(log)
    forget_own_settings()
    os.environ.update(environment)
    from afterglow_foundation.serving import serve as serve_here  # noqa: PLC0415  # imported by the server of forks

    serve_here(service, host=LOOPBACK, port=port)


def receive_mail(folder: Path, port: int, log: Path) -> None:
    """Run the mailbox in this process until it is told to end."""
    tie("afterglow-mail")
    write_to(log)
    import asyncio  # noqa: PLC0415  # as below

    from afterglow_operator.mailbox import receiving  # noqa: PLC0415  # imported by the server of forks

    asyncio.run(receiving.serve_until_told(receiving.Doorway(folder=folder, host=LOOPBACK, port=port)))


def write_to(log: Path) -> None:
    """Let whatever this process prints end in `log`."""
    with log.open("ab") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())


def forget_own_settings() -> None:
    """Drop what the person's shell says of Afterglow: the demonstration decides its own settings."""
    for name in [name for name in os.environ if name.startswith("AFTERGLOW_")]:
        del os.environ[name]


def tie(name: str) -> None:
    """Die with the server of forks, in a session of our own, under a name that `ps` shows."""
    with contextlib.suppress(OSError):
        os.setsid()
    die_with_parent()
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(PR_SET_NAME, name.encode()[:15], 0, 0, 0)
