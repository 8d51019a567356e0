"""One's own authenticator app: set up with the right code, replaced, taken away."""

import time
from typing import Any

from afterglow_auth.audit import Verb
from afterglow_auth.factors.standing import standing
from afterglow_foundation.identifiers import new_id
from bs4 import BeautifulSoup
from pyotp import TOTP

from tests.auth.arranging import PASSWORD
from tests.auth.security.visiting import START, Visitor, values


def shown(html: str) -> TOTP:
    """The secret that a page shows to be typed, in groups of four."""
    groups = BeautifulSoup(html, "html5lib").select(".key span")
    assert {len(group.get_text()) for group in groups} == {4}
    return TOTP("".join(group.get_text() for group in groups))


async def open_page(visitor: Visitor) -> tuple[TOTP, dict[str, str]]:
    page = await visitor.browser.client.get(f"{START}/app")
    assert BeautifulSoup(page.text, "html5lib").select_one("svg.qr path")
    assert "style=" not in page.text
    return shown(page.text), {"again": values(page.text)["again"]}


async def has_app(visitor: Visitor) -> bool:
    async with visitor.database.arrange() as session:
        return (await standing(session, visitor.person)).has_totp


def wrong(app: TOTP) -> str:
    """Six digits that the app shows in none of the steps around now."""
    near = {app.at(time.time() + off) for off in (-60, -30, 0, 30, 60)}
    return next(code for code in (f"{number:06}" for number in range(9)) if code not in near)


async def test_the_right_code_sets_it_up(visitor: Visitor):
    await visitor.look("/app")
    app, again = await open_page(visitor)
    await visitor.done("/app", "/codes?done=app", code=app.now(), **again)
    assert await has_app(visitor)
    await visitor.look("/app/removal")  # what was just shown is not asked for at once
    assert await visitor.letters() == [("app_added", visitor.person.email)]
    assert await visitor.outcomes(Verb.totp_added) == [("success", None)]


async def test_a_wrong_code_sets_nothing_up_and_the_picture_stays(visitor: Visitor):
    app, again = await open_page(visitor)
    answer = await visitor.send("/app", code=wrong(app), **again)
    assert answer.status_code == 400
    assert shown(answer.text).secret == app.secret
    assert wrong(app) not in values(answer.text).values()
    assert not await has_app(visitor)
    assert [outcome for outcome, _ in await visitor.outcomes(Verb.totp_added)] == ["refused"]
    await visitor.done("/app", "/codes", code=app.now(), **again)


async def test_after_five_wrong_codes_one_has_to_wait(visitor: Visitor):
    app, again = await open_page(visitor)
    for _ in range(5):
        await visitor.refused("/app", 400, code=wrong(app), **again)
    answer = await visitor.send("/app", code=app.now(), **again)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Please wait" in answer.text
    assert not await has_app(visitor)


async def test_an_earlier_app_works_until_the_new_one_does(visitor: Visitor):
    await visitor.add_app()
    app, again = await open_page(visitor)
    assert await has_app(visitor)
    await visitor.done("/app", "", code=app.now(), **again)
    assert await has_app(visitor)


async def test_it_is_taken_away_where_the_password_can_stand_alone(visitor: Visitor):
    await visitor.add_app()
    await visitor.look("/app/removal")
    await visitor.refused("/app/removal", 422)
    await visitor.refused("/app/removal", 422, password="somebody else's, long enough")
    assert await has_app(visitor)
    await visitor.done("/app/removal", "?done=app_removed", password=PASSWORD)
    assert not await has_app(visitor)
    assert ("app_removed", visitor.person.email) in await visitor.letters()
    assert (await visitor.outcomes(Verb.totp_removed))[-1] == ("success", None)
    count = len(await visitor.letters())
    await visitor.done("/app/removal", "?done=app_removed", password=PASSWORD)  # again, it changes nothing
    assert len(await visitor.letters()) == count


async def test_guessing_the_password_there_has_to_wait_too(visitor: Visitor):
    await visitor.add_app()
    for number in range(5):
        await visitor.refused("/app/removal", 422, password=f"guess number {number} of many")
    answer = await visitor.send("/app/removal", password=PASSWORD)
    assert answer.status_code == 429
    assert await has_app(visitor)


async def test_staffs_last_factor_stays_where_the_practice_asks_for_one(strict: Visitor):
    await strict.add_app()
    assert "only second step" in await strict.look("/app/removal")
    assert "only second step" in await strict.refused("/app/removal", 409, password=PASSWORD)
    assert await has_app(strict)
    assert await strict.outcomes(Verb.totp_removed) == [("refused", "last_factor")]


async def test_nobody_sets_up_or_takes_away_somebody_elses(visitor: Visitor, stranger: Visitor):
    await stranger.add_app()
    app, _ = await open_page(visitor)
    theirs: dict[str, Any] = {"person_id": stranger.person.id, "again": new_id()}
    await visitor.refused("/app", 400, code=app.now().replace(app.now()[0], "x"), **theirs)
    await visitor.done("/app/removal", "?done=app_removed", **theirs)
    assert await has_app(stranger)
