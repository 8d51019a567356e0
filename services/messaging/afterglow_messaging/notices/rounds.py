"""Telling of messages as a part of the service's life."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from afterglow_foundation.notices.contract import NoticeKind
from afterglow_foundation.notices.rounds import going_round
from fastapi import FastAPI

from afterglow_messaging.notices.models import MessageNotice
from afterglow_messaging.notices.planning import plan


@asynccontextmanager
async def telling(app: FastAPI) -> AsyncIterator[None]:
    async with going_round(app.state.settings, MessageNotice, person="person_id", kind=NoticeKind.messages, plan=plan):
        yield
