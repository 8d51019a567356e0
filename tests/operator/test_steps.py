"""Steps of a start: what fails is one sentence at the terminal, and the rest of it in the log."""

from pathlib import Path

import pytest
from afterglow_operator.demo.installation import Installation
from afterglow_operator.demo.plan import Plan
from afterglow_operator.demo.serving import Step, call, told_in_a_sentence
from afterglow_operator.demo.supervisor import Supervisor
from afterglow_operator.errors import OperatorError


def test_a_step_that_fails_is_one_sentence_and_the_log_has_the_rest(tmp_path: Path) -> None:
    log = tmp_path / "start.log"
    with (
        pytest.raises(OperatorError, match=r"^The step provision of the start failed; \S+start\.log says why\.$"),
        told_in_a_sentence("provision", log),
    ):
        raise ConnectionRefusedError("nobody there")
    assert "ConnectionRefusedError: nobody there" in log.read_text()


def test_a_step_s_own_sentence_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "start.log"
    with pytest.raises(OperatorError, match=r"^Too full\.$"), told_in_a_sentence("provision", log):
        raise OperatorError("Too full.")
    assert not log.exists()


def test_a_step_is_found_by_its_name_and_told_the_same(tmp_path: Path) -> None:
    log = tmp_path / "start.log"
    call("os.path:join", ["a", "b"], log)
    with pytest.raises(OperatorError, match="The step join of the start failed"):
        call("os.path:join", [1, 2], log)
    assert "TypeError" in log.read_text()


def test_the_file_of_the_accounts_is_there_only_once_all_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of an earlier start is no sign of this one."""
    taken: list[str] = []

    def take(_: Supervisor, *steps: Step) -> None:
        taken.extend(name for name, _ in steps)
        if "load_messaging" in taken:
            raise OperatorError("Too full.")

    monkeypatch.setattr(Supervisor, "_take", take)
    installation = Installation(tmp_path)
    installation.demo_file.write_text("{}")
    with pytest.raises(OperatorError, match=r"^Too full\.$"):
        Supervisor(Plan(installation, 8080), [].append)._load()
    assert taken == ["load_portal", "load_messaging"]
    assert not installation.demo_file.exists()
