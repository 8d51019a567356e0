"""The practice's settings, in the accounts API, and its logo, which pages show."""

from typing import Annotated

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import RowContext, UnitOfWork
from afterglow_foundation.errors import Conflict, Forbidden, NotAuthenticated, NotFound, Unavailable, responses
from afterglow_foundation.permissions import public, require
from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth.api import BODY, PREFIX, room
from afterglow_auth.permissions import Permission
from afterglow_auth.practice import service
from afterglow_auth.practice.logo import LARGEST_UPLOAD, UPLOAD, SentLogo
from afterglow_auth.practice.models import PracticeLogo
from afterglow_auth.practice.schemas import LARGEST_DOCUMENT, PracticeIn, PracticeOut
from afterglow_auth.provider import Provider

WritePractice = Annotated[Caller, require(Permission.practice_write)]
# A name is never used for another picture, and whatever a browser thinks, it is a picture and runs nothing.
LOGO_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

# As every operation of the API says, although nobody is refused here.
OPEN_TO_ALL = responses(NotAuthenticated, Forbidden, Unavailable)

open_to_all = APIRouter(tags=["practice"], dependencies=[Depends(public)])
words = room("/practice", "practice", largest=LARGEST_DOCUMENT * 2)
pictures = room("/practice", "practice", largest=LARGEST_UPLOAD)


@open_to_all.get(f"{PREFIX}/practice", responses=OPEN_TO_ALL)
async def read_practice(provider: Provider) -> PracticeOut:
    """How the practice names itself and how it is reached: what every page shows to everybody, whoever asks."""
    async with provider.database.unit_of_work(RowContext()) as session:
        return await service.read(session, provider.settings.practice)


@open_to_all.get("/auth/logo/{name}.png", include_in_schema=False, responses=responses(NotFound))
async def read_logo(name: Annotated[str, Path(pattern="^[0-9a-f]{64}$")], provider: Provider) -> Response:
    async with provider.database.unit_of_work(RowContext()) as session:
        found = await session.get(PracticeLogo, name)
    if found is None:
        raise NotFound
    return Response(found.image, media_type="image/png", headers=LOGO_HEADERS)


@words.put("", responses={**BODY, **responses(Conflict)})
async def change_practice(
    wanted: PracticeIn, caller: WritePractice, session: UnitOfWork, provider: Provider, request: Request
) -> PracticeOut:
    """Change what is named; the rest stays. 409 `changed_meanwhile` where it was made from an older version.

    Other words of the terms take a higher version of them (422 `reworded`): everybody is asked again.
    """
    changed = await service.change(session, provider.settings.practice, wanted, caller)
    request.app.state.practice.forget()
    return changed


@pictures.put("/logo", responses=BODY, openapi_extra=UPLOAD)
async def change_logo(
    caller: WritePractice, logo: SentLogo, session: UnitOfWork, provider: Provider, request: Request
) -> PracticeOut:
    """Show this picture beside the practice's name, drawn anew as a PNG of at most 512 points a side."""
    changed = await service.change_logo(session, provider.settings.practice, logo, caller)
    request.app.state.practice.forget()
    return changed


@pictures.delete("/logo")
async def take_logo_away(
    caller: WritePractice, session: UnitOfWork, provider: Provider, request: Request
) -> PracticeOut:
    """Show the name alone."""
    changed = await service.change_logo(session, provider.settings.practice, None, caller)
    request.app.state.practice.forget()
    return changed


router = APIRouter()
for part in (open_to_all, words, pictures):
    router.include_router(part)
