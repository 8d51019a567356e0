"""Taking a factor away: the password that would be left alone has to be good enough for that.

Only who types it can show so: we keep no more than its hash.
"""

from http import HTTPStatus
from math import ceil
from typing import Any

from afterglow_design.languages import LazyString, lazy
from starlette.responses import Response

from afterglow_auth.accounts import passwords
from afterglow_auth.audit import Verb
from afterglow_auth.factors import tries
from afterglow_auth.factors.tries import Guessed, TooSoonError
from afterglow_auth.security.visits import Visit
from afterglow_auth.security.ways_in import WORDS, Judgement
from afterglow_auth.sign_in.waiting import too_soon_words

TOO_WEAK_ALONE = "password_too_weak"
NOT_TYPED = lazy("Enter your password.")
NOT_RIGHT = lazy("That is not your password. Please try again.")
TOO_WEAK = lazy("Your password is good enough together with a second step, but not alone. Choose a longer one first.")


class PasswordNotFitError(Exception):
    """The password that was typed is wrong, too weak alone, or comes too soon; `words` say so."""

    def __init__(self, why: str, words: LazyString | str, retry_after: int | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.words = words
        self.retry_after = retry_after


async def check_if_typed(visit: Visit, verb: Verb) -> bool:
    """Whether a password came with the form, is the person's, and can stand alone.

    Raises PasswordNotFitError where it came and is not so; what was wrong is in the audit.
    """
    password = visit.form.get("password", "")
    if not password:
        return False
    try:
        await tries.take(visit.provider, Guessed.password, visit.person.id)
    except TooSoonError as error:
        raise PasswordNotFitError("too_soon", too_soon_words(error.wait), ceil(error.wait.total_seconds())) from error
    right, _ = await passwords.verify(password, visit.person.password_hash)
    if not right:
        await visit.refuse(verb, "wrong_password")
        raise PasswordNotFitError("wrong_password", NOT_RIGHT)
    async with visit.unit_of_work() as session:
        await tries.clear(session, visit.provider.digests, Guessed.password, visit.person.id)
    if await passwords.fault(password, alone=True, about=visit.known_words):
        await visit.refuse(verb, TOO_WEAK_ALONE)
        raise PasswordNotFitError(TOO_WEAK_ALONE, TOO_WEAK)
    return True


def page_about(
    visit: Visit,
    name: str,
    judged: Judgement,
    error: PasswordNotFitError | None,
    *,
    refused: bool,
    **context: Any,  # noqa: ANN401  # a template takes values of any type
) -> Response:
    """The question whether something is to go; or why it cannot, or what is wrong with the password."""
    status = HTTPStatus.OK
    if error or refused:
        status = HTTPStatus.CONFLICT if judged.stays else HTTPStatus.UNPROCESSABLE_ENTITY
    if error and error.retry_after:
        status = HTTPStatus.TOO_MANY_REQUESTS
    missing = NOT_TYPED if refused and not judged.stays else None
    return visit.page(
        name,
        status,
        retry_after=error.retry_after if error else None,
        stays=WORDS[judged.stays] if judged.stays else None,
        asks_password=judged.asks_password,
        error=error.words if error else missing,
        too_weak=error is not None and error.why == TOO_WEAK_ALONE,
        **context,
    )
