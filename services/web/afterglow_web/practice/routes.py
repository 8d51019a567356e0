"""The practice's pages: what belongs to all of it, for admins."""

from fastapi import APIRouter

from afterglow_web.auditing import pages as audit
from afterglow_web.keys import pages as keys
from afterglow_web.practice import logo, overview, settings_pages
from afterglow_web.programs import editing, listing, registering

router = APIRouter()
for rooms in (overview, settings_pages, logo, registering, listing, editing, keys, audit):
    router.include_router(rooms.router)
