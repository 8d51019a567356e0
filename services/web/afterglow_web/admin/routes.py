"""An admin's pages, room by room. Nothing clinical is within reach here."""

from fastapi import APIRouter

from afterglow_web.admin import (
    assigning,
    care,
    covering,
    disabling,
    exports,
    factor_resetting,
    importing,
    invitations,
    inviting,
    people,
    person,
    proposals,
    resetting,
    roles,
    sessions,
)

router = APIRouter()
for rooms in (
    people,
    inviting,
    importing,
    person,
    invitations,
    assigning,
    care,
    covering,
    sessions,
    disabling,
    resetting,
    factor_resetting,
    exports,
    roles,
    proposals,
):
    router.include_router(rooms.router)
