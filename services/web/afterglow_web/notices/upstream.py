"""What the page asks of two services: messaging tells of messages, auth knows how and when anything is sent."""

import asyncio
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from afterglow_foundation.client import ServiceClient, UpstreamProblem
from afterglow_foundation.errors import Conflict
from fastapi import Depends
from pydantic import BaseModel, Field
from starlette.requests import Request

from afterglow_web.portal import read
from afterglow_web.session.tokens import AccessToken
from afterglow_web.upstreams import upstreams_of

NOTICE_CHOICES, QUIET_HOURS = "/api/messaging/notice-choices", "/api/accounts/quiet-hours"
NOTICE_WAY, BROWSERS = "/api/accounts/notice-way", "/api/accounts/push-subscriptions"


class TooManyBrowsers(Conflict):
    code, title = "too_many_browsers", "Notices come to ten of your browsers already"


class Told(BaseModel):
    """Of what somebody is told."""

    messages: bool


class QuietHours(BaseModel, serialize_by_alias=True, validate_by_name=True):
    """None for none; `time_zone` is whose clock counts."""

    begin: str | None = Field(alias="from")
    end: str | None = Field(alias="until")


class QuietHoursThere(QuietHours):
    time_zone: str


class Way(BaseModel):
    way: Literal["both", "mail", "push"]


class RingingBrowser(BaseModel):
    id: UUID
    added_at: datetime


class Browsers(BaseModel):
    """`public_key` is what a browser subscribes with; None where the installation has no web push."""

    public_key: str | None
    items: list[RingingBrowser]


class Held(BaseModel):
    """All that holds now."""

    told: Told
    quiet: QuietHoursThere
    way: Way
    browsers: Browsers


class Notices:
    def __init__(self, messaging: ServiceClient, auth: ServiceClient, token: str) -> None:
        self._messaging = messaging
        self._auth = auth
        self._token = token

    async def held(self) -> Held:
        told, quiet, way, browsers = await asyncio.gather(
            self._messaging.request("GET", NOTICE_CHOICES, token=self._token),
            self._auth.request("GET", QUIET_HOURS, token=self._token),
            self._auth.request("GET", NOTICE_WAY, token=self._token),
            self._auth.request("GET", BROWSERS, token=self._token),
        )
        return Held(
            told=read(told, Told),
            quiet=read(quiet, QuietHoursThere),
            way=read(way, Way),
            browsers=read(browsers, Browsers),
        )

    async def choose(self, told: Told, quiet: QuietHours, way: Way) -> None:
        """Each is as good sent twice: where a later one fails, the form is sent again."""
        await self._messaging.request("PUT", NOTICE_CHOICES, token=self._token, json=told.model_dump())
        await self._auth.request("PUT", QUIET_HOURS, token=self._token, json=quiet.model_dump())
        await self._auth.request("PUT", NOTICE_WAY, token=self._token, json=way.model_dump())

    async def add_browser(self, identifier: UUID, subscription: dict[str, object]) -> None:
        """Raises TooManyBrowsers. Whoever had only mail has notices come to their browsers from now on."""
        try:
            await self._auth.request("PUT", f"{BROWSERS}/{identifier}", token=self._token, json=subscription)
        except UpstreamProblem as problem:
            if problem.upstream.code == TooManyBrowsers.code:
                raise TooManyBrowsers from problem
            raise
        way = read(await self._auth.request("GET", NOTICE_WAY, token=self._token), Way)
        if way.way == "mail":
            await self._auth.request("PUT", NOTICE_WAY, token=self._token, json={"way": "push"})

    async def remove_browser(self, identifier: UUID) -> None:
        try:
            await self._auth.request("DELETE", f"{BROWSERS}/{identifier}", token=self._token)
        except UpstreamProblem as problem:
            if problem.upstream_status != HTTPStatus.NOT_FOUND:
                raise


async def notices_of(request: Request, token: AccessToken) -> Notices:
    upstreams = upstreams_of(request)
    return Notices(upstreams.messaging, upstreams.auth, token)


NoticesForPerson = Annotated[Notices, Depends(notices_of)]
