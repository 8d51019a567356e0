"""Everything about one's own account on one page, each with the way to where it is changed."""

from afterglow_design.languages import LANGUAGES, LazyString, lazy
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_auth.factors.standing import standing
from afterglow_auth.security.visits import START, Reading

DONE: dict[str, LazyString] = {
    "app": lazy("The authenticator app is set up."),
    "app_removed": lazy("The authenticator app is taken away."),
    "codes": lazy("Good. Keep the codes where you find them when your phone is gone."),
    "notices_confirmed": lazy("E-mails go to the new address from now on."),
    "notices_stopped": lazy("E-mails go to the address you sign in with."),
    "password": lazy("Your new password is kept."),
    "password_removed": lazy("Your password is taken away. You sign in with a passkey."),
    "you": lazy("Saved."),
}
LEAVES_OTHERS_SIGNED_IN = {"app", "app_removed", "password", "password_removed"}

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])


@router.get(START)
async def show(visit: Reading, done: str = "") -> Response:
    """How one signs in, where one is signed in, and who one is here."""
    async with visit.unit_of_work() as session:
        has = await standing(session, visit.person)
    return visit.page(
        "overview/page",
        has=has,
        person=visit.person,
        spoken=LANGUAGES.get(visit.person.locale, visit.person.locale),
        done=DONE.get(done),
        offers_signing_out=done in LEAVES_OTHERS_SIGNED_IN,
    )
