"""Reminders as a part of the service's life."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from afterglow_foundation.notices.contract import NoticeKind
from afterglow_foundation.notices.rounds import going_round
from fastapi import FastAPI

from afterglow_portal.reminders.ledger import plan
from afterglow_portal.reminders.models import PlannedPrompt


@asynccontextmanager
async def reminding(app: FastAPI) -> AsyncIterator[None]:
    async with going_round(app.state.settings, PlannedPrompt, person="client_id", kind=NoticeKind.prompt, plan=plan):
        yield
