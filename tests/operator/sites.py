"""A site for tests: a migrated database, and addresses where something or nothing listens."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.testing.people import BASE_URL
from afterglow_operator import sites
from afterglow_operator.main import app
from typer.testing import CliRunner

NOWHERE = "http://127.0.0.1:1"


@dataclass
class TestSite:
    """Knows one service's database; `urls` says where services answer."""

    __test__ = False

    database: MigratedDatabase
    values: dict[str, Any] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    base_url: str = BASE_URL
    authority: Path | None = None
    sees_gateway: bool = True

    def service_url(self, service: str) -> str:
        return self.urls.get(service, NOWHERE)

    def database_url(self, service: str, kind: str) -> str:
        role = f"{service}_{kind}"
        return self.database.urls.get(role, f"postgresql+asyncpg://{role}:nothing@127.0.0.1:1/none")

    def settings(self, _service: str, settings: Callable[..., Any]) -> Any:
        return settings(**self.values)


@dataclass
class Operator:
    """Runs `afterglow` in this process against a site."""

    site: TestSite

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        result = CliRunner().invoke(app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.stdout, result.stderr

    def json(self, *arguments: str) -> Any:
        code, said, wrong = self.run(*arguments, "--json")
        assert code == 0, wrong
        return json.loads(said)

    def refused(self, *arguments: str) -> str:
        """The one sentence that says why not."""
        code, said, wrong = self.run(*arguments)
        assert code == 1, said
        assert wrong.count("\n") == 1, wrong
        return wrong.strip()


def reach(site: TestSite, monkeypatch: Any) -> Operator:
    monkeypatch.setattr(sites, "find", lambda _var: site)
    return Operator(site)
