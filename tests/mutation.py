"""`make mutation`: cosmic-ray's mutants of the code that tokens rest on, each asked of the tests that cover it.

Every mutant is a process forked from one that has imported what others wrote, so it costs the tests and not the start;
no file is changed. A sample of each module is drawn anew from `--seed`. A mutant that no longer ends counts as killed.
"""

import argparse
import importlib
import os
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.abc import SourceLoader
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path

import pytest
from afterglow_operator.postgres import temporary_cluster
from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from rich.console import Console
from rich.table import Table

from tests import assurance
from tests.conftest import GIVEN_CLUSTER

FOUNDATION, OAUTH = Path("packages/foundation/afterglow_foundation"), Path("services/auth/afterglow_auth/oauth")
RESOURCE_SERVER = (
    "tests/foundation/test_dpop.py",
    "tests/foundation/test_tokens.py",
    "tests/foundation/test_bearer.py",
)
TOKEN_ENDPOINT = (
    "tests/auth/oauth/test_client_authentication.py",
    "tests/auth/oauth/test_token_endpoint.py",
    "tests/auth/oauth/test_refresh.py",
    "tests/auth/oauth/test_code_flow.py",
    "tests/auth/oauth/test_codes.py",
    "tests/auth/oauth/test_dpop.py",
)
SUBJECTS: dict[Path, tuple[str, ...]] = {
    FOUNDATION / "tokens.py": (*RESOURCE_SERVER[1:], "tests/foundation/test_key_cache.py"),
    FOUNDATION / "dpop.py": (RESOURCE_SERVER[0], RESOURCE_SERVER[2]),
    FOUNDATION / "bearer.py": (RESOURCE_SERVER[2], "tests/auth/oauth/test_dpop.py"),
    OAUTH / "client_authentication.py": (TOKEN_ENDPOINT[0], "tests/auth/oauth/test_client_secrets.py"),
    OAUTH / "dpop.py": ("tests/auth/oauth/test_dpop.py",),
    OAUTH / "exchange.py": (*TOKEN_ENDPOINT, "tests/auth/oauth/test_token_exchange.py"),
    OAUTH / "introspection.py": ("tests/auth/oauth/test_introspection.py",),
    OAUTH / "pushing.py": ("tests/auth/oauth/test_pushed_requests.py",),
    OAUTH / "refresh.py": ("tests/auth/oauth/test_refresh.py", "tests/auth/oauth/test_resources.py"),
    OAUTH / "token_exchange.py": ("tests/auth/oauth/test_token_exchange.py",),
    OAUTH / "tokens.py": ("tests/auth/oauth/test_access_tokens.py", *TOKEN_ENDPOINT),
}
# A dataclass without its decorator and a union of types that is a sum break on import: they would flatter the score.
LEFT_OUT = ("core/RemoveDecorator", "core/ReplaceBinaryOperator_BitOr_")
SLOWER = 10.0  # so many times what the tests take of the code as it is
PATIENCE = 30.0  # seconds at least
ROUNDS = 2  # of each race: a mutant that loses one loses it soon
console = Console()


@dataclass(frozen=True)
class Mutant:
    operator: str
    line: int
    source: str


@dataclass
class Score:
    mutants: int
    tried: int = 0
    survived: list[Mutant] = field(default_factory=list)

    @property
    def share(self) -> float:
        return 1 - len(self.survived) / self.tried


class Replaced(SourceLoader):
    """Imports one module from another source, under its own name and path."""

    def __init__(self, module: str, path: Path, source: str) -> None:
        self.module, self.path, self.source = module, path.resolve(), source

    def find_spec(self, fullname: str, *_where: object) -> ModuleSpec | None:
        return spec_from_loader(fullname, self) if fullname == self.module else None

    def get_filename(self, _fullname: str) -> str:
        return str(self.path)

    def get_data(self, _path: str) -> bytes:
        return self.source.encode()


def mutants_of(source: str) -> Iterator[Mutant]:
    nodes = list(ast_nodes(get_ast(source)))
    for name in sorted(plugins.operator_names()):
        kind = plugins.get_operator(name)
        if name.startswith(LEFT_OUT) or kind.arguments():
            continue
        operator: Operator = kind()
        places = [start for node in nodes for start, _ in operator.mutation_positions(node)]
        for occurrence, (line, _column) in enumerate(places):
            try:
                changed = mutate_code(source, operator, occurrence)
            except AttributeError:  # it cannot replace an exception that has a dot in its name
                continue
            if changed is not None:
                yield Mutant(name.removeprefix("core/"), line, changed)


def survives(path: Path, source: str, tests: Sequence[str], patience: float) -> bool:
    """Whether `tests` are content with `source` in the place of the module at `path`."""
    child = os.fork()
    if not child:
        ask(path, source, tests)
    end = time.monotonic() + patience
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) == pytest.ExitCode.OK
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def ask(path: Path, source: str, tests: Sequence[str]) -> None:
    """In a process of its own, which ends here."""
    code = 3
    try:
        os.setpgid(0, 0)
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        module = ".".join(path.with_suffix("").parts[2:])
        sys.meta_path.insert(0, Replaced(module, path, source))
        importlib.import_module(module)  # before pytest, whose own hook would find the file
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])
    finally:
        os._exit(code)


def forget_our_own() -> None:
    """What others wrote stays imported; what is ours, each mutant imports anew."""
    importlib.import_module("afterglow_auth.main")
    for name in [name for name in sys.modules if name.startswith("afterglow_")]:
        del sys.modules[name]


def score(path: Path, tests: Sequence[str], sample: int, dice: random.Random) -> Score:
    source = path.read_text()
    found = list(mutants_of(source))
    started = time.monotonic()
    if not survives(path, source, tests, 3600):
        raise SystemExit(f"{path}: its tests fail before anything is changed")
    patience = max(PATIENCE, SLOWER * (time.monotonic() - started))
    judged = Score(len(found))
    for mutant in dice.sample(found, min(sample or len(found), len(found))):
        judged.tried += 1
        if survives(path, mutant.source, tests, patience):
            judged.survived.append(mutant)
            tell(path, source, mutant)
    return judged


def tell(path: Path, source: str, mutant: Mutant) -> None:
    before, after = (text.splitlines()[mutant.line - 1].strip() for text in (source, mutant.source))
    console.print(f"{path}:{mutant.line} {mutant.operator}\n  - {before}\n  + {after}", markup=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=40, help="mutants of each module; 0 for all")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--only", default="", help="modules whose path has this in it")
    asked = parser.parse_args()
    table = Table("module", "mutants", "tried", "killed", "score", title="Mutation", show_edge=False)
    assurance.RACES = ROUNDS
    forget_our_own()
    with temporary_cluster() as cluster:
        os.environ[GIVEN_CLUSTER] = cluster.admin_url
        for path, tests in SUBJECTS.items():
            if asked.only in str(path):
                one = score(path, tests, asked.sample, random.Random(asked.seed))  # noqa: S311  # the same ones again
                killed = one.tried - len(one.survived)
                table.add_row(str(path), str(one.mutants), str(one.tried), str(killed), f"{one.share:.0%}")
                console.print(f"{path}: {killed} of {one.tried}", highlight=False)
    console.print(table)


if __name__ == "__main__":
    main()
