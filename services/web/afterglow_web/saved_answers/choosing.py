"""The saved answers that the page of a conversation offers."""

from contextlib import suppress
from typing import Annotated

from afterglow_foundation.callers import find_caller
from afterglow_foundation.errors import Problem
from fastapi import Depends
from starlette.requests import Request

from afterglow_web.messages.messaging import MessagingForPerson
from afterglow_web.messages.records import SavedAnswerName
from afterglow_web.pages import is_fragment
from afterglow_web.permissions import Permission, access


async def to_choose(request: Request, messaging: MessagingForPerson) -> list[SavedAnswerName]:
    """By name, for who may have any; a page is shown without them rather than not at all."""
    caller = await find_caller(request)
    if caller is None or not access.allows(caller.role, Permission.saved_answers_write) or is_fragment(request):
        return []
    with suppress(Problem):
        return await messaging.saved_answers()
    return []


SavedToChoose = Annotated[list[SavedAnswerName], Depends(to_choose)]
