"""The letters that carry a link, and the one that tells that it was used."""

from functools import partial

from afterglow_design.dates import moment
from afterglow_design.languages import lazy
from afterglow_foundation.jobs import HopelessError

from afterglow_auth.links.columns import LinkState
from afterglow_auth.links.doors import INVITATION, RESET, Door
from afterglow_auth.links.tokens import token_of
from afterglow_auth.mail.letters import Context, Letter, Writing


async def write_link(door: Door, writing: Writing) -> Context | None:
    """The link and until when it works, by the receiver's clock. Nothing where it does not open any more.

    Only ever to whom it belongs, whatever the job says: whoever could change a job must not be mailed another's link.
    """
    link = await writing.session.get(door.table, writing.about)
    if link is None or link.state != LinkState.open or writing.person is None or writing.person.disabled_at:
        return None
    if link.person_id != writing.person.id:
        raise HopelessError("the link is somebody else's")
    return {
        "link": writing.link(door.path, token=token_of(writing.digests, door.purpose, link)),
        "until": f"{moment(link.expires_at, writing.person.time_zone)} ({writing.person.time_zone})",
    }


INVITED = Letter("invitation", lazy("Your account"), partial(write_link, INVITATION))
PASSWORD_RESET = Letter("password_reset", lazy("Please choose another password"), partial(write_link, RESET))
PASSWORD_CHOSEN = Letter("password_chosen", lazy("A password was chosen for your account"))
