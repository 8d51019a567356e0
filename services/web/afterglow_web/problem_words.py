"""What pages say about failures, by status and by the problem's own code."""

from dataclasses import dataclass
from http import HTTPStatus

from afterglow_design.languages import LazyString, lazy

NextStep = tuple[LazyString | str, str | None]
FIRST_PAGE: NextStep = (lazy("Go to your first page"), "/")
START: NextStep = (lazy("Go to the start"), "/")
TRY_AGAIN: NextStep = (lazy("Go back and try again in a moment"), None)


@dataclass(frozen=True)
class Words:
    """What a person reads: what happened, and where they can go."""

    title: LazyString
    what_happened: LazyString
    next_steps: tuple[NextStep, ...] = (FIRST_PAGE,)


WORDS = {
    400: Words(
        lazy("That could not be understood"),
        lazy("The page was sent in a form we cannot read. Nothing was changed."),
    ),
    403: Words(
        lazy("This page is not open to you"),
        lazy("Your account does not have access to this page. Nothing was changed."),
    ),
    404: Words(
        lazy("There is nothing here"),
        lazy("The address may be mistyped, or what was here is not open to you or no longer exists."),
    ),
    405: Words(
        lazy("This address does not open by itself"),
        lazy("It belongs to a button on one of our pages. Nothing was changed."),
    ),
    409: Words(
        lazy("This was saved before"),
        lazy("The same entry was saved earlier with other content. The earlier one is unchanged."),
        ((lazy("See your check-ins"), "/check-ins"), FIRST_PAGE),
    ),
    413: Words(
        lazy("That was too long"),
        lazy(
            "What was sent is larger than we take. Nothing was stored. Go back in your browser: what you typed should "
            "still be there, and you can make it shorter."
        ),
    ),
    422: Words(
        lazy("Some of what was sent cannot be used"),
        lazy("Something is missing or has a value we do not take. Go back to change it; nothing was saved."),
    ),
    429: Words(
        lazy("One moment, please"),
        lazy("That came too often in a short time. Wait a minute, then try again."),
    ),
    500: Words(
        lazy("Something went wrong on our side"),
        lazy("It is not your fault, and what you saved before is safe."),
        (TRY_AGAIN, FIRST_PAGE),
    ),
    503: Words(
        lazy("This is not available right now"),
        lazy("A part of the portal does not answer at the moment. What you saved before is safe."),
        (TRY_AGAIN, FIRST_PAGE),
    ),
}
BY_CODE = {
    "cross_site": Words(
        lazy("This did not come from our own page"),
        lazy(
            "For your safety nothing was changed. If you were typing, go back, copy your words and open the page again."
        ),
    ),
    "earlier_session": Words(
        lazy("This page is from an earlier sign-in"),
        lazy("Somebody else has signed in in this browser since, or you signed in again. Nothing was saved."),
    ),
    "signed_out_unsaved": Words(
        lazy("You were signed out before this was saved"),
        lazy("Nothing was saved, and nothing of it is kept here."),
        ((lazy("Sign in"), "/sign-in"), START),
    ),
    "not_proved": Words(
        lazy("That was not confirmed"),
        lazy("You are still signed in. Nothing was changed, and what you typed is still there."),
    ),
    "another_person": Words(
        lazy("That was another account"),
        lazy(
            "Somebody else's account was used to confirm this, so the one that was signed in here has been signed out."
            " Nothing was changed."
        ),
        ((lazy("Sign in"), "/sign-in"), START),
    ),
    "too_many_browsers": Words(
        lazy("Notices come to ten of your browsers already"),
        lazy("Remove one of them that you do not use any more, then add this one. Nothing was changed."),
        ((lazy("See your browsers"), "/notices"), FIRST_PAGE),
    ),
    "sign_in_failed": Words(
        lazy("That sign-in did not finish"),
        lazy("You are not signed in."),
        ((lazy("Sign in again"), "/sign-in"), START),
    ),
}


def words_for(status: int) -> Words:
    """The status's own words; without any, those of 400 where the request was at fault and those of 500 elsewhere."""
    ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return WORDS.get(status) or WORDS[HTTPStatus.INTERNAL_SERVER_ERROR if ours else HTTPStatus.BAD_REQUEST]
