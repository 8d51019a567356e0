"""Where the demonstration of one checkout keeps what it makes."""

import json
import os
import shutil
import uuid
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from afterglow_operator.postgres.programs import shared_folder

SERVICES = ("auth", "portal", "messaging", "web")


@dataclass(frozen=True)
class Installation:
    """Everything lies in `var`, except as root PostgreSQL's data, which an unprivileged user must reach."""

    var: Path

    @property
    def lock(self) -> Path:
        return self.var / "lock"

    @property
    def running(self) -> Path:
        """Says who runs and where, while somebody holds the lock."""
        return self.var / "running.json"

    @property
    def demo_file(self) -> Path:
        return self.var / "demo.json"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def gateway(self) -> Path:
        return self.var / "gateway"

    @property
    def mail(self) -> Path:
        """Every mail of the demonstration, one file each."""
        return self.var / "mail"

    @property
    def authority(self) -> Path:
        """The certificate of Caddy's own authority, once it made one."""
        return self.gateway / "pki/authorities/local/root.crt"

    def secrets(self, owner: str) -> Path:
        """The folder of one service's secrets; the operator has one too."""
        return self.var / "secrets" / owner

    @cached_property
    def data(self) -> Path:
        """PostgreSQL's folder. As root it bears this installation's id, so a new clone never meets old data."""
        if os.geteuid() != 0:
            return self.var / "postgres"
        identifier = self.var / "installation-id"
        if not identifier.exists():
            identifier.write_text(str(uuid.uuid4()))
        return shared_folder("demonstrations") / identifier.read_text()

    def prepare(self) -> None:
        """Make the folders, and sweep data of checkouts that are gone."""
        for folder in (self.var, self.logs, self.gateway, self.mail, self.var / "secrets"):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)  # passwords and keys lie here, whatever the umask says
        if os.geteuid() == 0:
            sweep(shared_folder("demonstrations"))
            self.data.mkdir(exist_ok=True, mode=0o711)
            (self.data / "installation.json").write_text(json.dumps({"var": str(self.var)}))

    def reset(self) -> None:
        """Delete what the demonstration made, and nothing else."""
        shutil.rmtree(self.data, ignore_errors=True)
        for folder in (self.var / "secrets", self.logs, self.gateway, self.mail):
            shutil.rmtree(folder, ignore_errors=True)
        self.demo_file.unlink(missing_ok=True)


def sweep(base: Path) -> None:
    """Delete data whose checkout is gone or has started over elsewhere."""
    for note in base.glob("*/installation.json"):
        try:
            identifier = Path(json.loads(note.read_text())["var"]) / "installation-id"
            alive = identifier.read_text() == note.parent.name
        except (OSError, ValueError, KeyError):
            alive = False
        if not alive:
            shutil.rmtree(note.parent, ignore_errors=True)
