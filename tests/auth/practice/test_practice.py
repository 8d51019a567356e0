"""The practice's settings: read by everybody, changed by admins, told to the others, and shown on the next page."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import text

from tests.auth.arranging import (
    FEWER_ROUNDS,
    Browser,
    Desk,
    Program,
    add_person,
    audited,
    letters,
    open_browser,
    payload,
    problem,
)
from tests.auth.events.receiving import Receiver

PRACTICE = "/practice"
FACT = "urn:afterglow:event:practice"
OPEN = {"time_zone": "America/New_York", "week": {"monday": [{"opens": "09:00", "closes": "17:00"}]}}


def office_hours(*spans: tuple[str, str], day: str = "monday", **others: Any) -> dict[str, Any]:
    week = {day: [{"opens": opens, "closes": closes} for opens, closes in spans]}
    return {"office_hours": {**OPEN, "week": week, **others}}


NO_HOURS = [
    (office_hours(("09:00", "05:00")), "week.monday.0"),
    (office_hours(("09:00", "09:00")), "week.monday.0"),
    (office_hours(("9:00", "17:00")), "week.monday.0.opens"),
    (office_hours(("24:00", "24:00")), "week.monday.0.opens"),
    (office_hours(("09:00", "24:01")), "week.monday.0.closes"),
    (office_hours(("14:00", "17:00"), ("09:00", "14:30")), "week.monday"),
    (office_hours(*((f"{hour:02}:00", f"{hour:02}:30") for hour in range(7))), "week.monday"),
    (office_hours(("09:00", "17:00"), day="lunes"), "week.lunes.[key]"),
    (office_hours(), "week"),
    (office_hours(("09:00", "17:00"), time_zone="New York"), "time_zone"),
    (office_hours(("09:00", "17:00"), time_zone="../etc/passwd"), "time_zone"),
    (office_hours(("09:00", "17:00"), closed=[{"first": "2026-12-26", "last": "2026-12-25"}]), "closed.0"),
    (office_hours(("09:00", "17:00"), closed=[{"first": "Christmas", "last": "2026-12-25"}]), "closed.0.first"),
    (office_hours(("09:00", "17:00"), closed=[{"first": "2026-12-25", "last": "2026-12-25"}] * 61), "closed"),
    (office_hours(("09:00", "17:00"), motto="x"), "motto"),
]


async def save(desk: Desk, **changes: Any) -> dict[str, Any]:
    version = (await desk.get(PRACTICE))["version"]
    answer = await desk.put(PRACTICE, {"version": version, **changes})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_before_any_change_the_installations_settings_hold_for_everybody(browser: Browser):
    answer = await browser.client.get("/api/accounts/practice", headers={"authorization": "Bearer nonsense"})
    found = answer.json()
    assert (answer.status_code, found["version"], found["changed_at"]) == (200, 0, None)
    assert (found["name"], found["logo"], found["default_language"]) == ("Afterglow", None, "en")


async def test_what_is_left_out_of_a_change_stays(desk: Desk, database: RolledBackDatabase):
    first = await save(desk, name="Quiet Harbour", telephone="+1 (555) 010-0199")
    second = await save(desk, address="1 Pier Road\nPortland", words={"es": {"hours": "De lunes a viernes."}})
    assert (first["version"], second["version"]) == (1, 2)
    assert (second["name"], second["telephone"]) == ("Quiet Harbour", "+1 (555) 010-0199")
    assert second["words"]["es"]["hours"] == "De lunes a viernes."
    assert await desk.get(PRACTICE) == second
    events = await audited(database, "practice:changed")
    assert [(event.actor_id, event.outcome, event.purpose) for event in events] == [
        (desk.person.id, "success", "name telephone"),
        (desk.person.id, "success", "address words"),
    ]


async def test_a_page_shows_the_change_without_a_restart(desk: Desk, other_browser: Browser):
    assert "010-0142" not in (await other_browser.client.get("/auth/sign-in")).text
    await save(desk, telephone="+1 555 010-0142", words={"es": {"hours": "Solo por la mañana."}})
    english = await other_browser.client.get("/auth/sign-in")
    assert "010-0142" in english.text
    spanish = await other_browser.client.get("/auth/sign-in", headers={"accept-language": "es-MX"})
    assert 'lang="es"' in spanish.text
    assert "Solo por la mañana." in spanish.text


async def test_another_replica_knows_within_seconds(desk: Desk, app: FastAPI, settings: Any, database: Any):
    from afterglow_auth.main import create  # noqa: PLC0415  # a second copy of what the fixture made

    replica = create(settings, database=database)
    await replica.state.practice.now()
    await save(desk, name="Quiet Harbour")
    assert (await replica.state.practice.now()).practice.name == "Afterglow"  # remembered for a moment
    replica.state.practice.forget()  # as after that moment
    assert (await replica.state.practice.now()).practice.name == "Quiet Harbour"
    assert (await app.state.practice.now()).practice.name == "Quiet Harbour"


async def test_a_language_that_the_practice_does_not_offer_is_its_own_instead(desk: Desk, other_browser: Browser):
    await save(desk, languages=["es"], default_language="es")
    page = await other_browser.client.get("/auth/sign-in", headers={"accept-language": "en-GB"})
    assert 'lang="es"' in page.text
    assert "hreflang" not in page.text


async def test_without_any_wish_the_practices_own_language_is_spoken(desk: Desk, other_browser: Browser):
    await save(desk, default_language="es")
    assert 'lang="es"' in (await other_browser.client.get("/auth/sign-in")).text
    wished = await other_browser.client.get("/auth/sign-in", headers={"accept-language": "en"})
    assert 'lang="en"' in wished.text


async def test_a_change_of_an_older_version_is_refused_and_a_repeat_is_not(desk: Desk, database: RolledBackDatabase):
    wanted = {"version": 0, "name": "Quiet Harbour"}
    first, again = await desk.put(PRACTICE, wanted), await desk.put(PRACTICE, wanted)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    late = await desk.put(PRACTICE, {"version": 0, "name": "Loud Harbour"})
    assert problem(late) == (409, "changed_meanwhile")
    assert (await desk.get(PRACTICE))["name"] == "Quiet Harbour"
    assert [event.outcome for event in await audited(database, "practice:changed")] == ["success", "refused"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " Harbour"}, "name"),
        ({"name": "Har\nbour"}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"neutral_name": ""}, "neutral_name"),
        ({"neutral_name": "n" * 41}, "neutral_name"),
        ({"mail_sender": "Portal\r\nBcc: x@example.org"}, "mail_sender"),
        ({"mail_sender": "n" * 61}, "mail_sender"),
        ({"address": "1 Pier\x00Road"}, "address"),
        ({"address": "a" * 401}, "address"),
        ({"telephone": "call us"}, "telephone"),
        ({"telephone": "javascript:1"}, "telephone"),
        ({"telephone": ""}, "telephone"),
        ({"hours": ""}, "hours"),
        ({"hours": "h" * 401}, "hours"),
        ({"service_area": "a\u202eb"}, "service_area"),
        ({"crisis_line": ""}, "crisis_line"),
        ({"crisis_services": []}, "crisis_services"),
        ({"contraindications": ["Gout", "Gout"]}, "contraindications"),
        ({"contraindications": ["x" * 201]}, "contraindications.0"),
        ({"contraindications": [""]}, "contraindications.0"),
        ({"contraindications": [str(one) for one in range(31)]}, "contraindications"),
        ({"crisis_words": ["gone", "gone"]}, "crisis_words"),
        ({"crisis_words": ["no"]}, "crisis_words.0"),
        ({"crisis_words": ["x" * 61]}, "crisis_words.0"),
        ({"crisis_words": [f"word {one}" for one in range(61)]}, "crisis_words"),
        (
            {"crisis_services": [{"name": "A", "detail": "", "href": "javascript:alert(1)"}]},
            "crisis_services.0.href",
        ),
        ({"crisis_services": [{"name": "", "detail": "", "href": "tel:1"}]}, "crisis_services.0.name"),
        ({"crisis_services": [{"name": "A", "detail": "", "href": "tel:1"}] * 9}, "crisis_services"),
        ({"languages": []}, "languages"),
        ({"languages": ["en", "en"]}, "languages"),
        ({"languages": ["fr"]}, "languages.0"),
        ({"languages": ["es"], "default_language": "en"}, "default_language"),
        ({"default_language": "fr"}, "default_language"),
        ({"quick_exit": "http://example.org/"}, "quick_exit"),
        ({"quick_exit": "https://user@example.org/"}, "quick_exit"),
        ({"quick_exit": "javascript:alert(1)"}, "quick_exit"),
        *((hours, f"office_hours.{field}") for hours, field in NO_HOURS),
        ({"words": {"es": {"hours": ""}}}, "words.es.hours"),
        ({"words": {"es": {"motto": "x"}}}, "words.es.motto"),
        ({"terms": {"version": 0}}, "terms.version"),
        ({"terms": {"version": 2, "texts": []}}, "terms.texts"),
        ({"terms": {"version": 2, "texts": [{"language": "fr", "text": "x"}]}}, "terms.texts.0.language"),
        ({"terms": {"version": 2, "texts": [{"language": "es", "text": ""}]}}, "terms.texts.0.text"),
        ({"terms": {"version": 2, "texts": [{"language": "en", "text": "t" * 20_001}]}}, "terms.texts.0.text"),
        ({"logo": "0" * 64}, "logo"),
        ({"owner": "me"}, "owner"),
        ({"version": -1}, "version"),
        ({"version": None}, "version"),
    ],
)
async def test_what_cannot_be_saved_names_its_field(desk: Desk, changes: dict[str, Any], field: str):
    answer = await desk.put(PRACTICE, {"version": 0, **changes})
    assert problem(answer) == (422, "invalid_input")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await desk.get(PRACTICE))["version"] == 0


async def test_office_hours_are_kept_in_order_and_told(desk: Desk, browser: Browser, service: Program):
    receiver = await Receiver.of(browser, service)
    await receiver.snapshot()
    wanted = office_hours(
        ("14:00", "24:00"), ("09:00", "12:30"), closed=[{"first": "2026-12-24", "last": "2027-01-01"}]
    )
    saved = (await save(desk, **wanted))["office_hours"]
    assert [span["opens"] for span in saved["week"]["monday"]] == ["09:00", "14:00"]
    ((_, fact),) = payload(next(iter((await receiver.poll()).values())))["events"].items()
    assert fact["document"]["office_hours"] == saved
    assert (await save(desk, name="Quiet Harbour"))["office_hours"] == saved  # another page leaves them alone
    assert (await save(desk, office_hours=None))["office_hours"] is None


async def test_terms_never_go_back_to_what_was_accepted_before(desk: Desk):
    texts = [{"language": "en", "text": "Be kind."}]
    await save(desk, terms={"version": 2, "texts": texts})
    answer = await desk.put(PRACTICE, {"version": 1, "terms": {"version": 1, "texts": texts}})
    assert [error["field"] for error in answer.json()["errors"]] == ["terms.version"]


async def test_other_words_of_the_terms_take_a_higher_version(desk: Desk, database: RolledBackDatabase):
    terms = (await desk.get(PRACTICE))["terms"]
    reordered = [{**one, "text": one["text"] + "\n\n"} for one in reversed(terms["texts"])]
    await save(desk, terms={"version": terms["version"], "texts": reordered})
    for texts in (terms["texts"][:1], [{**one, "text": f"{one['text']} Be kind."} for one in terms["texts"]]):
        answer = await desk.put(PRACTICE, {"version": 1, "terms": {"version": terms["version"], "texts": texts}})
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["field"], error["code"]) == (422, "terms.version", "reworded")
    saved = await save(desk, terms={"version": terms["version"] + 1, "texts": terms["texts"][:1]})
    assert saved["terms"]["texts"] == terms["texts"][:1]
    assert [event.purpose for event in await audited(database, "practice:changed")] == ["terms", "terms"]


async def test_everything_together_has_a_limit(desk: Desk):
    texts = [{"language": language, "text": "ñ" * 20_000} for language in ("en", "es")]
    answer = await desk.put(PRACTICE, {"version": 0, "terms": {"version": 2, "texts": texts}})
    assert problem(answer) == (422, "invalid_input")


async def test_a_language_cannot_go_while_it_is_the_practices_own(desk: Desk):
    await save(desk, default_language="es")
    answer = await desk.put(PRACTICE, {"version": 1, "languages": ["en"]})
    assert [error["field"] for error in answer.json()["errors"]] == ["default_language"]


async def test_it_takes_an_admin(
    other_browser: Browser, staff: dict[str, Any], web: Program, database: RolledBackDatabase
):
    therapist = await Desk.of(other_browser, staff["therapist"], web)
    assert problem(await therapist.put(PRACTICE, {"version": 0, "name": "Mine"})) == (403, "forbidden")
    assert [event.outcome for event in await audited(database, "practice:write")] == ["refused"]


async def test_receivers_are_told_and_a_new_one_begins_with_it(desk: Desk, browser: Browser, service: Program):
    receiver = await Receiver.of(browser, service)
    assert (await receiver.snapshot())["practice"] is None
    await save(desk, name="Quiet Harbour")
    (token,) = (await receiver.poll()).values()
    claims = payload(token)
    ((kind, fact),) = claims["events"].items()
    assert (kind, fact["version"], fact["document"]["name"]) == (FACT, 1, "Quiet Harbour")
    assert claims["sub_id"] == {"format": "opaque", "id": fact["id"]}
    taken = (await receiver.snapshot())["practice"]
    assert {**taken, "as_of": ""} == {**fact, "as_of": ""}


async def test_mails_name_the_sender_that_the_practice_chose(desk: Desk, app: FastAPI, database: RolledBackDatabase):
    await desk.invite()
    await save(desk, mail_sender="Your appointments")
    (promised,) = await letters(app, database)
    assert promised.mail
    assert promised.mail.sender == "Your appointments"


async def test_of_twenty_changes_at_once_one_is_saved(committed_app: FastAPI, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        admin = await add_person(session, "admin")
        web = await Program(f"web-{new_id().hex}").register(session)
    async with open_browser(committed_app) as client:
        desk = await Desk.of(Browser(client), admin, web)
        for _ in range(FEWER_ROUNDS):
            version = (await desk.get(PRACTICE))["version"]
            wishes = [{"version": version, "address": f"{number} {new_id()}"} for number in range(20)]
            answers = await asyncio.gather(*(desk.put(PRACTICE, wish) for wish in wishes))
            assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
            (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
            assert await desk.get(PRACTICE) == winner
    async with committed_superuser.sessions() as session, session.begin():
        await session.execute(text("DELETE FROM practice"))


async def test_pages_open_with_what_was_known_while_the_database_is_away(
    committed_app: FastAPI, monkeypatch: pytest.MonkeyPatch
):
    known = committed_app.state.practice
    first = await known.now()

    async def away() -> None:
        raise ConnectionError

    monkeypatch.setattr(known, "_look_up", away)
    known.forget()
    assert await known.now() is first
