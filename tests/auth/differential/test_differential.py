"""Ours and npm's oidc-provider, asked the same: each difference has its reason in the table, so a wrong test shows."""

from collections.abc import Callable

import pytest

from tests.auth.differential.cases import AUTHORIZATION, PUSH, PUSHED, TOKEN, Asking, Exchanging, Outcome, Programs
from tests.auth.differential.proofs import BOUND, PROOFS
from tests.auth.differential.questions import INTROSPECTION, REVOCATION
from tests.auth.differential.sides import Ours, Side, Theirs, encode

TABLES = (AUTHORIZATION, TOKEN, PUSH, PUSHED, PROOFS, BOUND, INTROSPECTION, REVOCATION)


async def authorization(side: Side, case: Asking, programs: Programs) -> str:
    request = programs["tried"].request(**case.changes)
    return await side.ask(encode(request, *[(case.twice, request[case.twice])] if case.twice else []))


async def exchange(side: Side, case: Exchanging, programs: Programs) -> str:
    form = await case.prepare(side, programs)
    if case.again:
        await side.exchange(encode(form))
        form |= {name: value for name, value in side.form(programs["tried"]).items() if name == "client_assertion"}
    return await side.exchange(sent(form, case))


def sent(form: dict[str, str], case: Exchanging) -> str:
    return encode(form, *[(case.twice, form[case.twice])] if case.twice else [])


@pytest.mark.parametrize("name", AUTHORIZATION)
async def test_authorization_requests(name: str, ours: Ours, theirs: Theirs, tried: Programs):
    case = AUTHORIZATION[name]
    seen = [await authorization(side, case, tried) for side in (ours, theirs)]
    assert seen == [case.outcome.ours, case.outcome.expected_of_theirs]


@pytest.mark.parametrize("name", TOKEN)
async def test_token_requests(name: str, ours: Ours, theirs: Theirs, tried: Programs):
    case = TOKEN[name]
    seen = [await exchange(side, case, tried) for side in (ours, theirs)]
    assert seen == [case.outcome.ours, case.outcome.expected_of_theirs]


@pytest.mark.parametrize("name", PUSH)
async def test_requests_that_are_handed_in(name: str, ours: Ours, theirs: Theirs, tried: Programs):
    case = PUSH[name]
    seen = [await side.hand_in(sent(await case.prepare(side, tried), case)) for side in (ours, theirs)]
    assert seen == [case.outcome.ours, case.outcome.expected_of_theirs]


@pytest.mark.parametrize("name", PUSHED)
async def test_references_to_requests_that_were_handed_in(name: str, ours: Ours, theirs: Theirs, tried: Programs):
    case = PUSHED[name]
    seen = [await side.ask(sent(await case.prepare(side, tried), case)) for side in (ours, theirs)]
    assert seen == [case.outcome.ours, case.outcome.expected_of_theirs]


def test_every_difference_has_a_reason(record_property: Callable[[str, object], None]):
    outcomes: list[Outcome] = [case.outcome for table in TABLES for case in table.values()]
    different = [outcome for outcome in outcomes if outcome.theirs]
    assert all(outcome.reason and outcome.theirs != outcome.ours for outcome in different)
    record_property("counted", f"asked of oidc-provider too: {len(outcomes)} requests, {len(different)} answers differ")
