"""Handing a ledger's lines over to auth, which delivers them, and hearing what became of each."""

import asyncio
from datetime import datetime
from http import HTTPStatus
from typing import Generic

import structlog

from afterglow_foundation.client import ServiceClient, ServiceTokens, UpstreamProblem
from afterglow_foundation.errors import Problem
from afterglow_foundation.notices.contract import NOTICES_PATH, NoticeAnswer, NoticeBody, NoticeState
from afterglow_foundation.notices.ledger import Ledger, LineT

logger = structlog.get_logger()
SIDE_BY_SIDE = 8
FOR_GOOD = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}


class Delivery(Generic[LineT]):
    """Auth, as the one who delivers. Everything here may be repeated: a notice is known by its line's id."""

    def __init__(self, ledger: Ledger[LineT], auth: ServiceClient, tokens: ServiceTokens) -> None:
        self._ledger = ledger
        self._auth = auth
        self._tokens = tokens
        self._room = asyncio.Semaphore(SIDE_BY_SIDE)

    async def settle(self, now: datetime) -> int:
        """Tell auth of what is due and ask after what it has; returns how many lines it answered for."""
        lines = await self._ledger.unsettled(now)
        return sum(await asyncio.gather(*[self._settle_one(line, now) for line in lines]))

    async def _settle_one(self, line: LineT, now: datetime) -> bool:
        """False where auth could not be asked: it is asked again until it has answered."""
        async with self._room:
            try:
                answer = await self._ask(line)
            except Problem as problem:
                logger.warning("notice not handed over", code=problem.code, notice_id=str(line.id))
                await self._ledger.put_off(line, now)
                return False
            await self._ledger.note(line, answer, now)
            return True

    async def _ask(self, line: LineT) -> NoticeAnswer:
        body = NoticeBody(
            person_id=self._ledger.receiver(line),
            kind=self._ledger.kind,
            not_before=line.due_at,
            expires_at=line.expires_at,
        )
        path, sent = f"{NOTICES_PATH}/{line.id}", body.model_dump(mode="json")
        try:
            answer = await self._auth.request("PUT", path, token=await self._tokens.get(), json=sent)
        except UpstreamProblem as problem:
            return self._given_up(line, problem)
        return NoticeAnswer.model_validate_json(answer.content)

    def _given_up(self, line: LineT, problem: UpstreamProblem) -> NoticeAnswer:
        """What auth will never take is unsent. Raises the problem where asking again may help."""
        if problem.upstream_status == HTTPStatus.UNAUTHORIZED:
            self._tokens.forget()
        if problem.upstream_status not in FOR_GOOD:
            raise problem
        logger.error("notice refused", code=problem.upstream.code, notice_id=str(line.id))
        return NoticeAnswer(state=NoticeState.unsent, send_at=line.due_at)
