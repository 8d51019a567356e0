"""What is shown behind a link."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from math import ceil
from typing import Any
from urllib.parse import urlencode

from afterglow_design.languages import gettext as _
from afterglow_foundation.database import RowContext
from afterglow_foundation.errors import request_id_of
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth.accounts.passwords import SHORTEST_PASSWORD, SHORTEST_WITH_SECOND
from afterglow_auth.browser import form_token, set_cookie
from afterglow_auth.links.choosing import Asked
from afterglow_auth.links.doors import INVITATION, RECOVERY, Door
from afterglow_auth.links.service import Dead, Opened
from afterglow_auth.passkeys.service import begin_registration
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sign_in.waiting import in_words, retry_after


@dataclass(frozen=True, slots=True)
class Behind:
    """A link that opens, in one request; `name` is how its owner corrected their own."""

    request: Request
    provider: IdentityProvider
    door: Door
    link: Opened
    asked: Asked
    cookie: str
    name: str = ""

    def called(self, name: str) -> "Behind":
        return replace(self, name=name)

    @property
    def alone(self) -> bool:
        """Whether the password will be all that is asked for."""
        needed = self.link.person.is_staff and self.provider.settings.mfa_required_for_staff
        return not needed and not self.asked.has.has_second

    @property
    def may_choose_passkey(self) -> bool:
        """Instead of a password; not where a forgotten one comes back, nor where there is one already."""
        return self.door is not RECOVERY and not self.asked.has.has_second


def name(found: Behind, error: str | None = None, typed: str = "") -> Response:
    """Ask whether this is their name."""
    return shown(
        found,
        "invitation.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        called=typed or found.link.person.name,
        error=error,
    )


async def choosing(found: Behind, errors: Mapping[str, str] | None = None, wait: timedelta | None = None) -> Response:
    """The form, without whatever password was typed before."""
    provider, status = found.provider, HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    options = None
    if found.may_choose_passkey:
        async with provider.database.unit_of_work(RowContext()) as session:
            options = await begin_registration(session, provider, found.link.person, found.cookie)
    return shown(
        found,
        "choosing.html",
        HTTPStatus.TOO_MANY_REQUESTS if wait else status,
        retry_after(wait) if wait else None,
        invited=found.door is INVITATION,
        forgotten=found.door is RECOVERY,
        called=found.name,
        asked=found.asked,
        alone=found.alone,
        shortest=SHORTEST_PASSWORD if found.alone else SHORTEST_WITH_SECOND,
        passkey_options=options,
        errors=errors or {},
    )


def shown(
    found: Behind,
    template: str,
    status: int,
    headers: Mapping[str, str] | None = None,
    **context: Any,  # noqa: ANN401  # a template takes values of any type
) -> Response:
    answer = found.provider.templates.page(
        found.request,
        template,
        status,
        headers=headers,
        action=found.door.path,
        email=found.link.person.email,
        token=found.link.token,
        csrf_token=form_token(found.provider.digests, found.cookie),
        **context,
    )
    set_cookie(answer, found.provider.settings, found.cookie)
    return answer


def out_of_date(request: Request, provider: IdentityProvider, door: Door, token: str) -> Response:
    """A way back to the form. Sets no cookie: from another site the browser's own did not come, and must stay."""
    return provider.templates.page(
        request,
        "problem.html",
        HTTPStatus.FORBIDDEN,
        title=_("Please choose once more"),
        what_happened=_(
            "This page had been open for a while, or was not opened here. Nothing was kept: please choose once more."
        ),
        next_steps=[{"text": _("Open the page again"), "href": f"{door.path}?{urlencode({'token': token})}"}],
        reference=request_id_of(request),
    )


def over(request: Request, provider: IdentityProvider, door: Door, why: Dead) -> Response:
    """The link does not open: why, and what to do now."""
    status = HTTPStatus.NOT_FOUND if why == Dead.garbled else HTTPStatus.GONE
    return link_over(request, provider, status, why.value, forgotten=door is RECOVERY)


def too_soon(request: Request, provider: IdentityProvider, wait: timedelta) -> Response:
    status, words = HTTPStatus.TOO_MANY_REQUESTS, in_words(ceil(wait.total_seconds()))
    return link_over(request, provider, status, "too_soon", headers=retry_after(wait), wait=words)


def link_over(  # noqa: PLR0917  # the page's own few values
    request: Request,
    provider: IdentityProvider,
    status: int,
    why: str,
    headers: Mapping[str, str] | None = None,
    wait: str = "",
    *,
    forgotten: bool = False,
) -> Response:
    return provider.templates.page(
        request,
        "link_over.html",
        status,
        headers=headers,
        why=why,
        wait=wait,
        forgotten=forgotten,
        sign_in=provider.settings.base_url + "/sign-in",
        reference=request_id_of(request),
    )
