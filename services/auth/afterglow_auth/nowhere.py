"""Addresses that lead nowhere, told in the language of whoever is signed in."""

from contextlib import suppress

from afterglow_design import languages
from afterglow_foundation.errors import PERHAPS_AWAY, handle_http
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth.pages import PAGES
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.sign_out import find_signed_in


def tell_of_nowhere(app: FastAPI, provider: IdentityProvider) -> None:
    """Nothing has looked for a session where no route did: do it, unless the database is away."""

    async def nowhere(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(PAGES):
            with suppress(*PERHAPS_AWAY):
                if signed_in := await find_signed_in(request, provider):
                    languages.speak(signed_in.person.locale)
        return await handle_http(request, error)

    app.add_exception_handler(404, nowhere)
