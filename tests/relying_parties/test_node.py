"""openid-client and oauth4webapi, as npm has them, in Node.js."""

from pathlib import Path
from typing import Any

import pytest

from tests.node import running
from tests.relying_parties.person import Person

HERE = Path(__file__).parent


def talk(script: str, settings: dict[str, Any], person: Person) -> dict[str, Any]:
    """Run a program with its settings, visit what it wants visited, and return what it found."""
    with running(HERE / script, settings, NODE_EXTRA_CA_CERTS=str(person.authority)) as program:
        for said in program.said():
            if "found" in said:
                return dict(said["found"])
            program.tell(str(person.visit(said["visit"], settings["redirect_uri"])))
    raise AssertionError(f"{script} ended early; standard error says why")


@pytest.mark.parametrize("strict", [False, True], ids=["plain", "pushed and bound"])
@pytest.mark.parametrize("script", ["openid_client.mjs", "oauth4webapi.mjs"])
@pytest.mark.parametrize("program", ["demo-confidential", "demo-public"], indirect=True)
def test_a_program_signs_somebody_in_and_out_again(script: str, strict: bool, program: dict[str, Any], person: Person):
    found = talk(script, program | {"strict": strict}, person)
    assert found["token_type"].lower() == ("dpop" if strict else "bearer")
    assert found["claims"]["sub"] == person.account["id"]
    assert found["claims"]["iss"] == program["issuer"]
    assert found["claims"]["aud"] == program["client_id"]
    assert found["userinfo"] == found["again"]
    assert {found["userinfo"]["sub"], found["claims"]["sub"]} == {person.account["id"]}
    assert found["userinfo"]["email"] == person.account["email"]
    assert found["signed_out"].startswith(f"{program['issuer']}/sign-out")
    assert found["refusal"] == "invalid_grant"
