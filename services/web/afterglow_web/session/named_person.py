"""What a page sends by itself is for one person: it says whom, and for anybody else it is refused."""

from starlette.requests import Request

from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import EarlierSession

PERSON = "Afterglow-Person"


async def refuse_another_person(request: Request) -> None:
    """A page goes on by itself after its person has left: what they typed must not become the next one's."""
    session = await session_of(request)
    if request.headers.get(PERSON) != str(session.person_id):
        raise EarlierSession


async def refuse_if_another_is_named(request: Request) -> None:
    """The same where somebody may well name nobody: what a phone kept is sent for whoever wrote it."""
    if PERSON in request.headers:
        await refuse_another_person(request)
