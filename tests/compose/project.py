"""An installation in containers under a project name of its own, and what Docker says of it."""

import json
import os
import secrets
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from afterglow_operator.ports import free_ports

from tests.certificates import Authority

ROOT = Path(__file__).parents[2]
FILES = ("docker-compose.yml", "tests/compose/override.yml")
PATIENCE = 900  # seconds for one command; building from nothing on a busy machine is the longest
ADMIN_NAME = "Robin Castellano"


def engine_answers() -> bool:
    """Whether there is a Docker engine, and Compose to use it with."""
    asked = (["docker", "info"], ["docker", "compose", "version"])
    try:
        return all(subprocess.run(each, capture_output=True, check=False, timeout=60).returncode == 0 for each in asked)
    except FileNotFoundError:
        return False


def docker(*arguments: str, environment: dict[str, str] | None = None) -> str:
    """What the command printed; its own words are what a failure shows."""
    done = subprocess.run(
        ["docker", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


GHOST = "has active endpoints"


@dataclass(frozen=True)
class Project:
    """`folder` holds the mail server's certificate and what was copied out of containers."""

    folder: Path
    name: str = field(default_factory=lambda: f"afterglow-test-{secrets.token_hex(4)}")
    ports: list[int] = field(default_factory=lambda: free_ports(2))

    @property
    def base_url(self) -> str:
        return f"https://localhost:{self.ports[0]}"

    @property
    def environment(self) -> dict[str, str]:
        """Of the person's shell everything but what it says of Afterglow and of Compose."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AFTERGLOW_", "COMPOSE_"))}
        return {
            **kept,
            "AFTERGLOW_PORT": str(self.ports[0]),
            "AFTERGLOW_HTTP_PORT": str(self.ports[1]),
            "AFTERGLOW_BIND": "127.0.0.1",
            "AFTERGLOW_EDGE_SUBNET": f"172.29.{32 + self.ports[0] % 200}.0/24",
            "AFTERGLOW_FIRST_ADMIN_EMAIL": "robin@example.org",
            "AFTERGLOW_FIRST_ADMIN_NAME": ADMIN_NAME,
            "AFTERGLOW_SMTP_HOST": "mailbox",
            "AFTERGLOW_SMTP_PORT": "2525",
            "AFTERGLOW_SMTP_USER": "portal",
            "AFTERGLOW_SMTP_PASSWORD_FILE": str(self.folder / "smtp_password"),
            "TEST_MAIL_PASSWORD": self.mail_password,
            "TEST_CERTIFICATES": str(self.folder / "certificates"),
        }

    @property
    def mail_password(self) -> str:
        return (self.folder / "smtp_password").read_text()

    def prepare(self) -> None:
        """The practice's own files: the mail server's password and certificate."""
        (self.folder / "smtp_password").write_text(secrets.token_urlsafe(24))
        Authority.new(self.folder / "certificates").sign("mailbox")
        for file in (self.folder / "smtp_password", *(self.folder / "certificates").iterdir()):
            file.chmod(0o644)  # containers read them as another user; the folder around is ours alone

    def compose(self, *arguments: str) -> str:
        files = [part for file in FILES for part in ("--file", file)]
        return docker(
            "compose", "--env-file", os.devnull, "--project-name", self.name, *files, *arguments,
            environment=self.environment,
        )  # fmt: skip

    def up(self, *arguments: str) -> str:
        return self.compose("up", "--wait", "--detach", *arguments)

    def down(self) -> None:
        """Whatever bears this project's name, and nothing else.

        After a power cut the engine may count an endpoint of a container that is long gone, and keep an empty network
        for it until the engine itself ends. That is its fault, not ours: containers and volumes are gone by then.
        """
        try:
            self.compose("down", "--volumes", "--remove-orphans", "--timeout", "3")
        except AssertionError as fault:
            if GHOST not in str(fault):
                raise
            assert docker("ps", "--all", "--quiet", "--filter", f"name=^{self.name}-") == ""
        images = docker("image", "ls", "--quiet", "--filter", f"reference={self.name}-*").split()
        if images:
            docker("image", "rm", "--force", *set(images))

    def containers(self, *services: str) -> list[dict[str, Any]]:
        """As `docker inspect` tells of every container of these services, or of all, ended ones included."""
        found: list[dict[str, Any]] = json.loads(
            docker("inspect", *self.compose("ps", "--all", "--quiet", *services).split())
        )
        return found

    def running(self, *services: str) -> list[dict[str, Any]]:
        return [container for container in self.containers(*services) if container["State"]["Running"]]

    def inside(self, service: str, *command: str, replica: int = 1) -> str:
        """Run a command in a container that runs."""
        return self.compose("exec", "--no-TTY", "--index", str(replica), service, *command)

    def operator(self, *arguments: str) -> str:
        """Run `afterglow …` as the practice does."""
        return self.compose("run", "--rm", "--no-TTY", "--no-deps", "init", "afterglow", *arguments)

    def copied(self, service: str, path: str) -> Path:
        target = self.folder / Path(path).name
        self.compose("cp", f"{service}:{path}", str(target))
        return target

    def mails(self) -> list[dict[str, Any]]:
        """Every mail that was sent, the newest first."""
        found: list[dict[str, Any]] = json.loads(self.inside("mailbox", "afterglow", "mail", "--json", "--var", "/"))
        return found


def service_of(container: dict[str, Any]) -> str:
    name: str = container["Config"]["Labels"]["com.docker.compose.service"]
    return name
