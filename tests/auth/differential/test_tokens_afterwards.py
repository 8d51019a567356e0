"""Ours and npm's oidc-provider once there is a token or a key: proofs, introspection, revocation."""

from collections.abc import Mapping

from tests.auth.differential.cases import Body, Programs
from tests.auth.differential.proofs import BOUND, OWN, PROOFS, Bound, Proving
from tests.auth.differential.questions import ENDED, INTROSPECTION, LASTS, REVOCATION, Question, Tokens
from tests.auth.differential.sides import TAKEN, TOKENS, Ours, Side, Theirs, encode


async def learn_nonce(side: Side, programs: Programs) -> None:
    form = side.form(programs["tried"], **programs["tried"].request())
    await side.prove(side.push, form, [OWN.proof("POST", side.address(side.push))])
    assert side.nonce


async def handed_in(side: Side, case: Proving, programs: Programs) -> str:
    program = programs["tried"]
    proofs = case.make(side.address(side.push), side.nonce)
    for _ in range(2 if case.again else 1):
        answer = await side.prove(side.push, side.form(program, **program.request(), **case.changes), proofs)
    return TAKEN if answer.is_success else str(answer.json()["error"])


async def exchanged(side: Side, case: Bound, programs: Programs) -> str:
    form = await case.prepare(side, programs)
    proofs = [case.holder.proof("POST", side.address(side.token), nonce=side.nonce)] if case.holder else []
    answer = await side.prove(side.token, form, proofs)
    if not answer.is_success:
        return str(answer.json()["error"])
    assert answer.json()["token_type"] == ("DPoP" if case.holder else "Bearer")
    return TOKENS


async def known(side: Side, case: Question, programs: Programs, tokens: Tokens) -> str:
    if case.before:
        await case.before(side, programs, tokens)
    return await side.knows(sent(case, case.form(side, programs, tokens)))


async def revoked(side: Side, case: Question, programs: Programs) -> str:
    tokens = await side.tokens(programs[case.owner], prompt="consent")
    if case.before:
        await case.before(side, programs, tokens)
    refused = await side.end(sent(case, case.form(side, programs, tokens)))
    if refused:
        return refused
    form = side.form(programs[case.owner], grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    return LASTS if await side.exchange(encode(form)) == TOKENS else ENDED


def sent(case: Question, form: Body) -> str:
    return encode(form, *[(case.twice, form[case.twice])] if case.twice else [])


def expected(table: Mapping[str, Proving | Bound | Question]) -> dict[str, list[str]]:
    return {name: [case.outcome.ours, case.outcome.expected_of_theirs] for name, case in table.items()}


async def test_proofs_of_a_key(ours: Ours, theirs: Theirs, tried: Programs):
    sides = (ours, theirs)
    for side in sides:
        await learn_nonce(side, tried)
    seen = {name: [await handed_in(side, case, tried) for side in sides] for name, case in PROOFS.items()}
    assert seen == expected(PROOFS)
    seen = {name: [await exchanged(side, case, tried) for side in sides] for name, case in BOUND.items()}
    assert seen == expected(BOUND)


async def test_introspection(ours: Ours, theirs: Theirs, tried: Programs):
    """Asking changes nothing, so one pair of tokens is asked about, until something happens to it."""
    seen: dict[str, list[str]] = {name: [] for name in INTROSPECTION}
    for side in (ours, theirs):
        kept = {owner: await side.tokens(tried[owner], prompt="consent") for owner in ("tried", "open")}
        for name, case in INTROSPECTION.items():
            tokens = await side.tokens(tried[case.owner], prompt="consent") if case.before else kept[case.owner]
            seen[name].append(await known(side, case, tried, tokens))
    assert seen == expected(INTROSPECTION)


async def test_revocation(ours: Ours, theirs: Theirs, tried: Programs):
    seen = {name: [await revoked(side, case, tried) for side in (ours, theirs)] for name, case in REVOCATION.items()}
    assert seen == expected(REVOCATION)
