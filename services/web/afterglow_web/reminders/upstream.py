"""Both halves of the page: portal plans reminders, auth knows when nothing is sent."""

import asyncio
from typing import Annotated

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request

from afterglow_web.notices.upstream import QUIET_HOURS, QuietHours, QuietHoursThere
from afterglow_web.portal import read
from afterglow_web.session.tokens import AccessToken
from afterglow_web.upstreams import upstreams_of

REMINDERS = "/api/portal/reminders"


class Wanted(BaseModel):
    """Which reminders come; `daily_at` as a clock shows it, like 19:00."""

    daily: bool
    daily_at: str
    after_dose: bool


class Reminders:
    def __init__(self, portal: ServiceClient, auth: ServiceClient, token: str) -> None:
        self._portal = portal
        self._auth = auth
        self._token = token

    async def held(self) -> tuple[Wanted, QuietHoursThere]:
        wanted, quiet = await asyncio.gather(
            self._portal.request("GET", REMINDERS, token=self._token),
            self._auth.request("GET", QUIET_HOURS, token=self._token),
        )
        return read(wanted, Wanted), read(quiet, QuietHoursThere)

    async def choose(self, wanted: Wanted, quiet: QuietHours) -> None:
        """Each is as good sent twice: where the second fails, the form is sent again."""
        await self._portal.request("PUT", REMINDERS, token=self._token, json=wanted.model_dump())
        await self._auth.request("PUT", QUIET_HOURS, token=self._token, json=quiet.model_dump())


async def reminders_of(request: Request, token: AccessToken) -> Reminders:
    upstreams = upstreams_of(request)
    return Reminders(upstreams.portal, upstreams.auth, token)


RemindersForPerson = Annotated[Reminders, Depends(reminders_of)]
