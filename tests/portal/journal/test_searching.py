"""Search in one's own entries: every word, whatever case and accents, and nobody else's."""

import httpx
import pytest
from afterglow_foundation.testing.people import Person
from afterglow_portal.journal import searching

from tests.portal.arranging import ago
from tests.portal.conftest import Open
from tests.portal.journal.writing import JOURNAL, write

SEARCHES = f"{JOURNAL}/searches"


async def test_every_word_is_found_whatever_case_and_accents(as_client: httpx.AsyncClient):
    first = await write(as_client, title="Café", text=f"{'before ' * 30}The Sea — años atrás {'after ' * 40}")
    await write(as_client, text="Nothing of it")
    for question, found in (("SEA", 1), ("cafe sea", 1), ("ANOS atras", 1), ("sea nothing", 0), ("  of ", 1), ("%", 0)):
        answer = (await as_client.post(SEARCHES, json={"q": question})).json()
        assert (len(answer["items"]), answer["searched"], answer["complete"]) == (found, 2, True), question
    (hit,) = (await as_client.post(SEARCHES, json={"q": "sea"})).json()["items"]
    assert hit["id"] == first["id"]
    assert "The Sea" in hit["opening"]
    assert len(hit["opening"]) <= 161
    assert hit["opening"].startswith("…before")
    assert hit["opening"].endswith("after…")


async def test_more_entries_than_are_searched_are_told_and_the_newest_are_those_searched(
    as_client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
):
    assert searching.MOST_SEARCHED == 2_000
    monkeypatch.setattr(searching, "MOST_SEARCHED", 2)
    for minutes, word in ((30, "lighthouse"), (20, "harbour"), (10, "island")):
        await write(as_client, text=word, felt_at=ago(minutes=minutes))
        said = (await as_client.post(SEARCHES, json={"q": word})).json()
        assert (len(said["items"]), said["complete"]) == (1, minutes > 10)
    said = (await as_client.post(SEARCHES, json={"q": "lighthouse"})).json()
    assert said == {"items": [], "searched": 2, "complete": False}


@pytest.mark.parametrize("question", ["", "  ", "\u0301", "a\0b", "x" * 101, 3, None])
async def test_a_question_that_says_nothing(as_client: httpx.AsyncClient, question: object):
    answer = await as_client.post(SEARCHES, json={"q": question})
    assert [error["field"] for error in answer.json()["errors"]] == ["q"]


async def test_others_are_not_searched(as_client: httpx.AsyncClient, signed_in: Open, other_client: Person):
    await write(as_client, text="Lighthouse")
    async with signed_in(other_client) as http:
        assert (await http.post(SEARCHES, json={"q": "lighthouse"})).json()["items"] == []
