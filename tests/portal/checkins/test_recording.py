"""Recording: once, repeated, refused."""

import httpx
from afterglow_foundation.identifiers import new_id

from tests.portal.arranging import check_in


async def test_a_check_in_is_recorded_and_read_back(as_client: httpx.AsyncClient):
    body = check_in(note="Slept badly", words=["calm"], tags=["work"], items={"hope": 3.5})
    path = f"/api/portal/check-ins/{new_id()}"
    first = await as_client.put(path, json=body)
    assert first.status_code == 201, first.text
    again = await as_client.put(path, json=body)
    assert (again.status_code, again.content) == (200, first.content)
    read = await as_client.get(path)
    assert read.json() == first.json()
    other = await as_client.put(path, json=body | {"mood": 3})
    assert other.status_code == 409
    assert other.json()["code"] == "conflict"
