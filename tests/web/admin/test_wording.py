"""The words of the admin's pages cover everything that auth may answer."""

import inspect

import afterglow_auth.problems
import pytest
from afterglow_auth.accounts.models import PersonState as StateAtAuth
from afterglow_auth.links.columns import LinkState as LinkStateAtAuth
from afterglow_auth.proposals.models import Act as ActAtAuth
from afterglow_auth.proposals.models import ProposalState as ProposalStateAtAuth
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import InvalidInput, Problem, ProblemDocument
from afterglow_web.admin import records, wording

# What only pages of emergencies, which have words of their own, and of notices can meet.
ELSEWHERE = {"already_open", "own_act", "reviewed_before", "too_many_browsers"}


def test_every_refusal_of_auth_has_its_words() -> None:
    found = [one for _, one in inspect.getmembers(afterglow_auth.problems, inspect.isclass) if issubclass(one, Problem)]
    codes = {
        one.code for one in found if one.__module__ == "afterglow_auth.problems" and not issubclass(one, InvalidInput)
    }
    assert codes - ELSEWHERE | {"unfit"} == set(wording.REFUSALS)
    assert codes >= ELSEWHERE


@pytest.mark.parametrize(
    ("ours", "auths"),
    [
        (records.PersonState, StateAtAuth),
        (records.LinkState, LinkStateAtAuth),
        (records.ProposalState, ProposalStateAtAuth),
        (records.Act, ActAtAuth),
    ],
)
def test_the_states_are_those_of_auth(ours: type, auths: type) -> None:
    assert set(ours) == set(auths)  # type: ignore[call-overload]  # both are enumerations


def test_every_state_and_role_has_its_words() -> None:
    for words, kind in (
        (wording.ROLES, records.PersonRole),
        (wording.ROLE_TONES, records.PersonRole),
        (wording.STATES, records.PersonState),
        (wording.STATE_TONES, records.PersonState),
        (wording.LINKS, records.LinkState),
        (wording.NOTICES, wording.Notice),
    ):
        assert set(words) == set(kind)


def test_a_refusal_without_words_of_its_own_is_raised_again() -> None:
    document = ProblemDocument(type="about:blank", title="x", status=409, code="conflict")
    with pytest.raises(UpstreamProblem):
        wording.refusal_words(UpstreamProblem(document, {}))


@pytest.mark.parametrize("code", ["", "x", "disabled ", "<script>"])
def test_a_notice_that_is_none(code: str) -> None:
    assert wording.shown_notice(code) is None
