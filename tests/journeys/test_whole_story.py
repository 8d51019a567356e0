"""The whole story in the demonstration; tests/deploy tells it again in containers."""

from tests.journeys import story
from tests.journeys.browsing import Visit
from tests.journeys.mailbox import Mailbox


async def test_from_invitation_to_the_end_of_an_account(visit: Visit, mailbox: Mailbox) -> None:
    await story.tell(visit, mailbox, admin_name="Robin Castellano", therapist_name="Hannah Oyelaran")
