"""The letters that tell where letters go: the link to the new address, and the news to both."""

from afterglow_design.dates import moment
from afterglow_design.languages import lazy
from afterglow_foundation.jobs import HopelessError

from afterglow_auth.digests import Purpose
from afterglow_auth.links.columns import LinkState
from afterglow_auth.links.tokens import token_of
from afterglow_auth.mail.letters import Context, Letter, Writing
from afterglow_auth.security.notices.models import NoticeChange

PATH = "/auth/security/notices/confirm"


async def change_of(writing: Writing) -> NoticeChange | None:
    """The change, only ever for whom it is: whoever could alter a job must not be told where another's letters go."""
    found = await writing.session.get(NoticeChange, writing.about)
    if found and found.person_id != writing.to:
        raise HopelessError("the change is somebody else's")
    return found


async def write_link(writing: Writing) -> Context | None:
    """The link and until when it works, by the receiver's clock; nothing where it does not open any more."""
    change, person = await change_of(writing), writing.person
    if change is None or person is None or person.disabled_at or change.state != LinkState.open:
        return None
    return {
        "link": writing.link(PATH, token=token_of(writing.digests, Purpose.notices, change)),
        "until": f"{moment(change.expires_at, person.time_zone)} ({person.time_zone})",
    }


async def new_address(writing: Writing) -> str | None:
    change = await change_of(writing)
    return (change.address or own(writing)) if change else None


async def earlier_address(writing: Writing) -> str | None:
    change = await change_of(writing)
    return (change.before or own(writing)) if change else None


def own(writing: Writing) -> str | None:
    """The account's own address."""
    return writing.person.email if writing.person else None


NOTICES_ASKED = Letter("notices_asked", lazy("Please confirm this address"), write_link, new_address)
NOTICES_HERE = Letter("notices_here", lazy("E-mails about your account come here now"), address=new_address)
NOTICES_NO_LONGER_HERE = Letter(
    "notices_no_longer_here", lazy("E-mails about your account go elsewhere now"), address=earlier_address
)
