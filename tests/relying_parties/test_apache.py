"""mod_auth_openidc, as Debian has it, in front of a page of Apache's."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from afterglow_auth.oauth.clients import NewClient, register
from afterglow_operator.people.transaction import carry_out
from afterglow_operator.ports import free_ports
from afterglow_operator.sites import find

from tests.auth.arranging import hidden_fields, is_sign_in_page
from tests.operator.demonstrations import Demonstration, eventually
from tests.relying_parties.apache import REFRESHING, Apache, running
from tests.relying_parties.person import Person


@pytest.fixture
def apache(
    demonstration: Demonstration, issuer: str, authority: Path, open_folder: Path, request: pytest.FixtureRequest
) -> Iterator[Apache]:
    """Registered as a public client with the one address that is its own, and running with what the test adds."""
    apache = Apache(open_folder, free_ports(1)[0], request.param)
    client = NewClient(
        client_id=f"apache-{apache.port}",  # auth remembers for two seconds where a client of that name wants to go
        name="A page of Apache's",
        kind="public",
        token_endpoint_auth_method="none",
        redirect_uris=[f"{apache.address}/callback"],
        post_logout_redirect_uris=[f"{apache.address}/signed-out"],
        backchannel_logout_uri=f"{apache.address}/callback?logout=backchannel",
        scopes=["openid", "profile", "email", "offline_access"],
        grants=["authorization_code", "refresh_token"],
    )
    asyncio.run(carry_out(find(demonstration.var), partial(register, new=client)))
    with running(apache, issuer, client.client_id, authority):
        yield apache


@pytest.mark.parametrize("apache", [REFRESHING], indirect=True, ids=["refreshing"])
def test_apache_signs_somebody_in_refreshes_and_signs_them_out(apache: Apache, issuer: str, person: Person):
    protected = f"{apache.address}/protected"
    assert str(person.visit(protected, until=protected)) == protected, apache.error_log

    seen = [person.browser.get(protected) for _ in range(2)]
    for answer in seen:
        assert answer.status_code == 200, apache.error_log
        assert answer.headers["x-subject"] == person.account["id"]
        assert answer.headers["x-email"] == person.account["email"]
    first, second = (answer.headers["x-access-token"] for answer in seen)
    assert first != second  # it refreshes each time

    after = f"{apache.address}/signed-out"
    assert str(person.visit(f"{apache.address}/callback?logout={after}", until=after)) == after
    again = person.browser.get(protected)
    assert again.headers["location"].startswith(f"{issuer}/authorize?")
    assert is_sign_in_page(person.browser.get(again.headers["location"]))


@pytest.mark.parametrize("apache", [""], indirect=True, ids=["asking nobody"])
def test_apache_is_told_when_the_session_ends_elsewhere(apache: Apache, issuer: str, person: Person):
    """Signed out at the provider itself: nothing leads the browser to Apache, and auth's worker tells it."""
    protected = f"{apache.address}/protected"
    assert str(person.visit(protected, until=protected)) == protected, apache.error_log
    assert person.browser.get(protected).status_code == 200
    page = person.browser.get(f"{issuer}/sign-out")
    left = person.browser.post(f"{issuer}/sign-out", data=hidden_fields(page.text), headers={"origin": issuer[:-5]})
    assert left.status_code == 200
    assert eventually(lambda: person.browser.get(protected).has_redirect_location), apache.access_log
    assert "POST /callback?logout=backchannel HTTP/1.1 200" in apache.access_log
