"""What portal knows that matters to a client's message: who stands in for their therapist, and a dose not long ago.

From a dose until the next morning a message asks once more before it goes (DOMAIN §6). Where portal does not answer
nothing is said and nobody is held up.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from afterglow_design.languages import lazy
from afterglow_foundation.callers import Role, find_caller
from afterglow_foundation.errors import Conflict
from fastapi import Depends
from starlette.requests import Request

from afterglow_web.messages.forms import MessageForm
from afterglow_web.messages.sending import Result
from afterglow_web.pages import is_fragment
from afterglow_web.portal import PortalForPerson
from afterglow_web.records import Vocabulary

PATIENCE = 2.0  # seconds
ASKED = lazy(
    "You had a dose not long ago, and things may look different in the morning. Your words are here and not sent: "
    "you can send them now, or have them sent in the morning, below. They stay here only while this page is open."
)


class OnceMore(Conflict):
    code, title = "once_more", "After a dose a message asks once more before it is sent"


@dataclass(frozen=True)
class Today:
    """`standing_in` are the names of those who do now; a message asks once more until `impaired_until`."""

    standing_in: list[str] = field(default_factory=list)
    impaired_until: datetime | None = None

    def asks(self, form: MessageForm) -> bool:
        return self.impaired_until is not None and not form.sure and not form.is_empty


async def of_client(request: Request, portal: PortalForPerson) -> Today:
    caller = await find_caller(request)
    if caller is None or caller.role != Role.client or is_fragment(request):
        return Today()
    told = Vocabulary()
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            told = await portal.vocabulary()
    return Today([one.name for one in told.standing_in], told.shared_again_at)


ClientsToday = Annotated[Today, Depends(of_client)]


def asked(form: MessageForm) -> Result:
    """The form with the question and the words; sent from there, it goes."""
    return Result(form.model_copy(update={"sure": "yes"}), HTTPStatus.CONFLICT, message=str(ASKED))
