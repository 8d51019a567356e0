"""Signing keys: how they stand, and the next one."""

from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from uuid import UUID

from afterglow_design.languages import LazyString, _, lazy
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.confirming import Question, ask
from afterglow_web.admin.rooms import room, told
from afterglow_web.admin.wording import Notice, shown_notice
from afterglow_web.pages import page
from afterglow_web.permissions import ReadKeys, RotateKeys
from afterglow_web.portal import read
from afterglow_web.practice.desk import DeskForPerson
from afterglow_web.records import ItemPage
from afterglow_web.session.authentication import session_of
from afterglow_web.session.step_up import FreshlyProved

router = room()


class KeyState(StrEnum):
    next = "next"
    over = "over"
    retired = "retired"
    signing = "signing"


STATES: dict[KeyState, LazyString] = {
    KeyState.next: lazy("published, signs later"),
    KeyState.over: lazy("over"),
    KeyState.retired: lazy("published for what it signed"),
    KeyState.signing: lazy("signs now"),
}
TONES = {KeyState.next: "glow", KeyState.over: "dusk", KeyState.retired: "dusk", KeyState.signing: "sage"}


class Key(BaseModel):
    """A signing key as auth shows it: never the key itself."""

    id: UUID
    state: KeyState
    active_at: datetime
    retires_at: datetime | None = None
    published_until: datetime | None = None


@router.get("/keys")
async def keys(request: Request, _read: ReadKeys, desk: DeskForPerson, notice: str = "") -> Response:
    found = read(await desk.ask("GET", "signing-keys"), ItemPage[Key])
    session = await session_of(request)
    waits = any(key.state == KeyState.next for key in found.items)
    return page(
        request,
        "admin/keys/page.html",
        keys=found.items,
        waits=waits,
        states=STATES,
        tones=TONES,
        zone=session.time_zone,
        notice=shown_notice(notice),
    )


def question() -> Question:
    return Question(
        heading=_("Make the next key?"),
        happens=(
            _("A new key is published at once, and signs about a quarter of an hour later."),
            _("The present key then signs no more, and is still published until all it signed has expired."),
        ),
        stays=(_("Everybody who is signed in. Nobody notices anything."),),
        button=_("Make the next key"),
        back="/keys",
        dangerous=False,
    )


@router.get("/keys/rotation", dependencies=[FreshlyProved])
async def ask_to_rotate(request: Request, _rotate: RotateKeys) -> Response:
    return ask(request, question())


@router.post("/keys/rotation", dependencies=[FreshlyProved])
async def rotate(_rotate: RotateKeys, desk: DeskForPerson) -> Response:
    """Sent twice, it makes one: the second time it waits already."""
    answer = await desk.ask("POST", "signing-keys")
    return told("/keys", Notice.key_made if answer.status_code == HTTPStatus.CREATED else Notice.key_waits)
