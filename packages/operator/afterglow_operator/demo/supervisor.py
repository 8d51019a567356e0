"""Start everything in order, restart what dies, end everything in order."""

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

from afterglow_operator import caddy, tether
from afterglow_operator.demo import health, serving
from afterglow_operator.demo.installation import SERVICES
from afterglow_operator.demo.plan import CADDYFILE, KEYED_CLIENTS, Plan
from afterglow_operator.errors import OperatorError
from afterglow_operator.installing.secret_files import database_passwords, write_service_secrets
from afterglow_operator.installing.standing import is_newest
from afterglow_operator.postgres import Cluster
from afterglow_operator.provision import provision

Say = Callable[[str], None]
PREPARING = "afterglow_operator.demo.preparing"
LOOK_EVERY = 0.2
LONGEST_PAUSE = 10.0
CALM_AFTER = 60.0  # a program that ran this long starts again without a pause


class StopRequested(BaseException):
    """A signal asked us to end; not an error, so nothing may catch it by accident."""


@dataclass
class Restarts:
    """When a program was last started, and how long to wait before the next start."""

    started_at: float = field(default_factory=time.monotonic)
    pause: float = 0.0

    def due(self) -> bool:
        if time.monotonic() - self.started_at > CALM_AFTER:
            self.pause = 0.0
        return time.monotonic() - self.started_at >= self.pause

    def again(self) -> None:
        self.started_at = time.monotonic()
        self.pause = min(max(self.pause * 2, 0.5), LONGEST_PAUSE)


class Supervisor:
    """The demonstration's programs: PostgreSQL, four services, the gateway and a mail server."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self.plan = plan
        self.say = say
        self._forking: ForkServerContext = serving.context()  # imports in the background while PostgreSQL starts
        self.cluster = Cluster(plan.installation.data, port=plan.ports["postgres"], log=self._log("postgres"))
        self.services: dict[str, ForkServerProcess] = {}
        self.gateway: subprocess.Popen[bytes] | None = None
        self.mail: ForkServerProcess | None = None
        self._restarts: dict[str, Restarts] = {}

    def start(self) -> None:
        """Return once all is healthy and the data are loaded; OperatorError when something cannot start."""
        self._start_gateway()
        self.say("Starting PostgreSQL")
        self.cluster.start()
        passwords = database_passwords(self.plan.installation)
        self._write_secrets(passwords)
        self.say("Preparing databases and accounts")
        with serving.told_in_a_sentence("provision", self._log("start")):
            asyncio.run(provision(self.cluster.admin_url, passwords))
            behind = list(self._behind(passwords))
        self._take(*(("migrate", each) for each in behind))
        self._take(("register", [self.plan]))
        self.say("Starting the services")
        self._start_mail()
        for service in SERVICES:
            self._start_service(service)
        for service in SERVICES:
            health.wait(service, partial(health.is_ready, self.plan.ports[service]), self.mend)
        health.wait("The gateway", lambda: health.gateway_is_ready(self.plan), self.mend)
        self._load()

    def watch(self, changed: Callable[[], None]) -> None:
        """Restart what dies and say that something `changed`, until a signal raises StopRequested."""
        while True:
            before = self.processes()
            self.mend()
            if self.processes() != before:
                changed()
            time.sleep(LOOK_EVERY)

    def mend(self) -> None:
        """Start again whatever has ended and whose pause is over."""
        self._again("postgres", self.cluster.process is not None and self.cluster.process.poll() is None, self._repair)
        self._again("gateway", self.gateway is not None and self.gateway.poll() is None, self._start_gateway)
        self._again("mail", self.mail is not None and self.mail.is_alive(), self._start_mail)
        for service, process in list(self.services.items()):
            self._again(service, process.is_alive(), partial(self._start_service, service))

    def stop(self) -> None:
        """End everything, whoever depends on others first."""
        if self.gateway is not None:
            tether.end(self.gateway)
        forked = [*self.services.values(), *([self.mail] if self.mail else [])]
        for process in forked:
            process.terminate()
        for process in forked:
            process.join(5)
            if process.is_alive():
                process.kill()
                process.join()
        self.cluster.stop()

    def processes(self) -> dict[str, int]:
        """The process ids of what runs, by name."""
        found = {name: process.pid for name, process in self.services.items() if process.pid}
        if self.gateway is not None:
            found["gateway"] = self.gateway.pid
        if self.mail is not None and self.mail.pid:
            found["mail"] = self.mail.pid
        if self.cluster.process is not None:
            found["postgres"] = self.cluster.process.pid
        return found

    def _again(self, name: str, alive: bool, start: Callable[[], None]) -> None:
        restarts = self._restarts.setdefault(name, Restarts())
        if not alive and restarts.due():
            self.say(f"{name} ended and is started again")
            restarts.again()
            start()

    def _repair(self) -> None:
        try:
            self.cluster.start()
        except OperatorError as problem:
            self.say(str(problem))

    def _write_secrets(self, passwords: Mapping[str, str]) -> None:
        roles = [f"{service}_{kind}" for service in SERVICES for kind in ("app", "worker")]
        urls = {role: self.plan.database_url(role.split("_")[0], role, passwords[role]) for role in roles}
        write_service_secrets(self.plan.installation, urls, KEYED_CLIENTS)

    def _behind(self, passwords: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """The services whose databases are to be migrated, with their owners' addresses."""
        for service in SERVICES:
            owner = f"{service}_owner"
            url = self.plan.database_url(service, owner, passwords[owner])
            if not is_newest(service, url):
                yield service, url

    def _take(self, *steps: serving.Step) -> None:
        """Take steps of `preparing.py` that do not need each other; without any, it is done."""
        named = [(f"{PREPARING}:{name}", arguments) for name, arguments in steps]
        serving.elsewhere(self._forking, named, self._log("start"))

    def _load(self) -> None:
        """The file that says where the demonstration is is there only once everything that it promises is."""
        self.plan.installation.demo_file.unlink(missing_ok=True)
        self.say("Loading the demonstration's data")
        both = [self.plan, datetime.now(UTC)]
        self._take(("load_portal", both), ("load_messaging", both))
        self._take(("write_demo_file", [self.plan]))

    def _start_service(self, service: str) -> None:
        self.services[service] = serving.start(
            self._forking,
            service,
            self.plan.ports[service],
            self.plan.service_environment(service),
            self._log(service),
        )

    def _start_mail(self) -> None:
        self.mail = serving.start_mailbox(
            self._forking, self.plan.installation.mail, self.plan.ports["mail"], self._log("mail")
        )

    def _start_gateway(self) -> None:
        with self._log("gateway").open("ab") as log:
            self.gateway = tether.start(
                [caddy.program(), "run", "--config", CADDYFILE, "--adapter", "caddyfile"],
                log=log,
                environment=self.plan.gateway_environment(),
                on_parent_death=signal.SIGTERM,
            )

    def _log(self, name: str) -> Path:
        return self.plan.installation.logs / f"{name}.log"
