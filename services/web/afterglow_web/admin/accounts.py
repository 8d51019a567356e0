"""What the admin's pages ask of auth, with the admin's own token."""

from typing import Annotated

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from starlette.requests import Request

from afterglow_web.portal import read
from afterglow_web.records import ItemPage, PersonAccount
from afterglow_web.session.tokens import AccessToken

AT_ONCE = 50


class Accounts:
    """auth's accounts API for one request."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def people(self, *, search: str, after: str | None) -> ItemPage[PersonAccount]:
        """One page of accounts whose name or mail address contains `search`."""
        params: dict[str, str | int] = {"limit": AT_ONCE}
        params.update({name: value for name, value in (("q", search), ("after", after)) if value})
        answer = await self._client.request("GET", "/api/accounts/people", token=self._token, params=params)
        return read(answer, ItemPage[PersonAccount])


async def accounts_of(request: Request, token: AccessToken) -> Accounts:
    return Accounts(request.app.state.upstreams.auth, token)


AccountsForPerson = Annotated[Accounts, Depends(accounts_of)]
