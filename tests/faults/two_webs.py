"""The demonstration with web twice behind its gateway: `python -m tests.faults.two_webs VAR PORT`, until a signal.

Everything else is the demonstration's own: its supervisor starts again what dies, and says so in `running.json`.
"""

import os
import subprocess
import sys
from pathlib import Path

from afterglow_operator.demo import command, detaching, serving, supervisor
from afterglow_operator.demo.plan import CADDYFILE
from afterglow_operator.demo.supervisor import Supervisor
from afterglow_operator.ports import free_ports

from tests.operator.demonstrations import Demonstration

SECOND = "second web"
WEBS = ("web", SECOND)
UPSTREAM = "import to {$AFTERGLOW_WEB_UPSTREAM}"
ADDRESSES = """
		dynamic a {
			name {args[0]}
			port {args[1]}
			refresh 1s
		}
"""


def with_both(caddyfile: str, second: int) -> str:
    """The gateway's file, but for web's address, of which there are two: as a resolver has it for two containers."""
    begin = caddyfile.index("(to) {")
    to = caddyfile[begin : caddyfile.index("\n}\n", begin) + 3]
    assert to.count(ADDRESSES) == 1
    first = ADDRESSES.replace("dynamic a", "a")
    other = first.replace("{args[1]}", str(second))
    assert caddyfile.count(UPSTREAM) > 1
    both = to.replace("(to)", "(to-both)").replace(ADDRESSES, f"\n\t\tdynamic multi {{{first}{other}\t\t}}\n")
    return caddyfile.replace(UPSTREAM, UPSTREAM.replace("import to", "import to-both")).replace(to, to + both)


class TwoWebs(Supervisor):
    """Starts web a second time, on a port of its own, and again when it dies."""

    def _start_service(self, service: str) -> None:
        if service != SECOND:
            super()._start_service(service)
        if service == SECOND or (service == "web" and SECOND not in self.services):
            environment, log = self.plan.service_environment("web"), self.plan.installation.logs / "second-web.log"
            self.services[SECOND] = serving.start(self._forking, "web", self.plan.ports[SECOND], environment, log)

    def _start_gateway(self) -> None:
        self.plan.ports.setdefault(SECOND, free_ports(1)[0])
        file = self.plan.installation.var / "Caddyfile"
        file.write_text(with_both(CADDYFILE.read_text(), self.plan.ports[SECOND]))
        supervisor.CADDYFILE = file
        super()._start_gateway()


def start(folder: Path) -> Demonstration:
    """Return once all is healthy, as `afterglow demo --detach` does."""
    made = Demonstration.new(folder)
    reading, writing = os.pipe()
    with os.fdopen(reading) as report, (folder / "log").open("wb") as log:
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults.two_webs", str(made.var), str(made.port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, detaching.REPORT: str(writing)},
            pass_fds=[writing],
            start_new_session=True,
        )
        os.close(writing)
        said = report.read()
    assert said == detaching.READY, said or (folder / "log").read_text()
    return made


if __name__ == "__main__":
    command.Supervisor = TwoWebs  # type: ignore[misc]  # what `afterglow demo` runs
    command.run(Path(sys.argv[1]), port=int(sys.argv[2]), reset=False, detach=False, https=False)
