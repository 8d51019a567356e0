"""Everybody's own browsers, and how their notices come. The page registers a browser under an id it made itself."""

from typing import Annotated

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import Conflict, NotFound, responses
from afterglow_foundation.permissions import require
from pydantic import UUID7
from starlette.responses import Response

from afterglow_auth.accounts.models import NoticeWay
from afterglow_auth.accounts.policy import own_account
from afterglow_auth.api import BODY, json_response, room
from afterglow_auth.audit import Verb, record
from afterglow_auth.permissions import Permission
from afterglow_auth.provider import Provider
from afterglow_auth.push import service
from afterglow_auth.push.schemas import SubscriptionBody, SubscriptionOut, SubscriptionsOut, WayBody
from afterglow_auth.push.vapid import vapid_of

ReadAccount = Annotated[Caller, require(Permission.account_read)]
WriteAccount = Annotated[Caller, require(Permission.account_write)]

subscriptions = room("/push-subscriptions", "push subscriptions", largest=4 * 1024)
notice_way = room("/notice-way", "notice way", largest=4 * 1024)


@subscriptions.get("")
async def list_subscriptions(caller: ReadAccount, provider: Provider, session: UnitOfWork) -> SubscriptionsOut:
    """The browsers of whoever asks, and the key that another would subscribe with."""
    vapid = vapid_of(provider.settings)
    found = await service.listed(session, caller)
    items = [SubscriptionOut(id=one.id, added_at=one.added_at) for one in found]
    return SubscriptionsOut(public_key=vapid.public_key if vapid else None, items=items)


@subscriptions.put(
    "/{subscription_id}", response_model=SubscriptionOut, status_code=201, responses=BODY | responses(Conflict)
)
async def add_subscription(
    subscription_id: UUID7, body: SubscriptionBody, caller: WriteAccount, provider: Provider, session: UnitOfWork
) -> Response:
    """Add a browser: 201 once, 200 again; 409 `conflict` for an id in use, `too_many_browsers` beyond ten."""
    found, created = await service.add(session, provider, caller, subscription_id, body)
    return json_response(SubscriptionOut(id=found.id, added_at=found.added_at), 201 if created else 200)


@subscriptions.delete("/{subscription_id}", status_code=204, responses=responses(NotFound))
async def remove_subscription(subscription_id: UUID7, caller: WriteAccount, session: UnitOfWork) -> None:
    """Ring at this browser no more: 204 once, then 404."""
    await service.remove(session, caller, subscription_id)


@notice_way.get("")
async def read_way(caller: ReadAccount, session: UnitOfWork) -> WayBody:
    """How notices come to whoever asks."""
    return WayBody(way=NoticeWay((await session.scalars(own_account(caller))).one().notice_way))


@notice_way.put("", responses=BODY)
async def choose_way(body: WayBody, caller: WriteAccount, session: UnitOfWork) -> WayBody:
    """Choose; again, it changes nothing. Letters about the account's safety come by mail whatever was chosen."""
    person = (await session.scalars(own_account(caller).with_for_update())).one()
    if person.notice_way != body.way:
        person.notice_way = body.way
        await record(session, Verb.notice_way_chosen, caller, object_id=person.id, subject_id=person.id)
    return body
