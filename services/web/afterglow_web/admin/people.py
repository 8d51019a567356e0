"""The admin's first page: everybody with an account, searched by name or address, role and state."""

from collections.abc import Mapping
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from afterglow_design.languages import LazyString, lazy
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.accounts import AccountsForPerson
from afterglow_web.admin.records import PersonRole, PersonState
from afterglow_web.admin.rooms import room
from afterglow_web.admin.wording import ROLES_OF_MANY, STATES, shown_notice
from afterglow_web.pages import is_fragment, page
from afterglow_web.permissions import ReadPeople
from afterglow_web.session.authentication import session_of

EVERY_ROLE = lazy("every role")
EVERY_STATE = lazy("every state")
Value = TypeVar("Value", PersonRole, PersonState)
router = room()


@router.get("/people")
async def people(
    *,
    request: Request,
    _: ReadPeople,
    accounts: AccountsForPerson,
    q: Annotated[str, Query(max_length=100)] = "",
    role: str = "",
    state: str = "",
    after: str | None = None,
    notice: str = "",
) -> Response:
    """Accounts by name; for htmx the list (a new search) or only its further rows (`after`).

    A role or a state that there is none of is as good as none.
    """
    asked = {
        "q": q.strip(),
        "role": role if role in set(PersonRole) else "",
        "state": state if state in set(PersonState) else "",
    }
    found = await accounts.people(search=asked["q"], role=asked["role"], state=asked["state"], after=after)
    part = "admin/people/_rows.html" if after else "admin/people/_list.html"
    session = await session_of(request)
    return page(
        request,
        part if is_fragment(request) else "admin/people/page.html",
        found=found,
        asked=asked,
        role_choices=choices(EVERY_ROLE, ROLES_OF_MANY),
        state_choices=choices(EVERY_STATE, STATES),
        searching=any(asked.values()),
        further=after is not None,
        more_href=address(**asked, after=found.next) if found.next else None,
        zone=session.time_zone,
        notice=shown_notice(notice),
    )


def choices(every: LazyString, words: Mapping[Value, LazyString]) -> list[dict[str, object]]:
    """Options of a filter: everything, or one value."""
    return [{"value": value, "label": label} for value, label in [("", every), *words.items()]]


def address(**asked: str | None) -> str:
    return f"/people?{urlencode({name: value for name, value in asked.items() if value})}"
