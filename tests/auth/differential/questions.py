"""What a client may ask about a token, or do to it (RFC 7662, RFC 7009), and what comes of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.auth.differential.cases import Body, Outcome, Programs, changed, differs, same
from tests.auth.differential.sides import ACTIVE, INACTIVE, Side

ENDED, LASTS = "ended", "lasts"
Tokens = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """A form about a token that `owner` was given, sent by `sender`; `before` happens to the tokens first."""

    outcome: Outcome
    token: str = "refresh_token"
    owner: str = "tried"
    sender: str = "tried"
    before: Callable[[Side, Programs, Tokens], Awaitable[None]] | None = None
    changes: tuple[tuple[str, str | None], ...] = ()
    twice: str = ""

    def form(self, side: Side, programs: Programs, tokens: Tokens) -> Body:
        asked = side.form(programs[self.sender], token=tokens[self.token])
        return changed(asked, dict(self.changes))


def but(**changes: str | None) -> tuple[tuple[str, str | None], ...]:
    return tuple(changes.items())


async def exchanged(side: Side, programs: Programs, tokens: Tokens) -> None:
    form = side.form(programs["tried"], grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (await side.client.post(side.token, data=form)).is_success


async def ended(side: Side, programs: Programs, tokens: Tokens) -> None:
    form = side.form(programs["tried"], token=tokens["refresh_token"])
    assert (await side.client.post(side.revoke, data=form)).is_success


UNPROVEN = but(client_assertion=None, client_assertion_type=None)
OWN_ONLY = "ours tells a client of its own tokens only; theirs leaves that to whoever sets it up"
NO_SUCH = "to ours whatever is no token of either kind is unknown; theirs knows JWTs by their look and never gives any"

INTROSPECTION = {
    "its refresh token": Question(same(ACTIVE)),
    "its access token": Question(same(ACTIVE), "access_token"),
    "its access token, said to be the other": Question(
        same(ACTIVE), "access_token", changes=but(token_type_hint="refresh_token")
    ),
    "a token said to be of no kind": Question(same(ACTIVE), changes=but(token_type_hint="smoke")),
    "its ID token": Question(differs(INACTIVE, "unsupported_token_type", NO_SUCH), "id_token"),
    "an unknown token": Question(same(INACTIVE), changes=but(token="nonsense")),
    "an exchanged refresh token": Question(same(INACTIVE), before=exchanged),
    "a refresh token that was revoked": Question(same(INACTIVE), before=ended),
    "an access token whose refresh token was revoked": Question(same(INACTIVE), "access_token", before=ended),
    "another client's refresh token": Question(differs(INACTIVE, ACTIVE, OWN_ONLY), sender="other"),
    "another client's access token": Question(differs(INACTIVE, ACTIVE, OWN_ONLY), "access_token", sender="other"),
    "a public client's own": Question(
        differs("invalid_client", ACTIVE, "anybody could be a public client"), owner="open", sender="open"
    ),
    "no token": Question(same("invalid_request"), changes=but(token=None)),
    "two tokens": Question(same("invalid_request"), twice="token"),
    "no proof of the client": Question(same("invalid_client"), changes=UNPROVEN),
}

REVOCATION = {
    "its refresh token": Question(same(ENDED)),
    "its access token": Question(same(ENDED), "access_token"),
    "its refresh token, said to be the other": Question(same(ENDED), changes=but(token_type_hint="access_token")),
    "a token said to be of no kind": Question(same(ENDED), changes=but(token_type_hint="smoke")),
    "its ID token": Question(differs(LASTS, "unsupported_token_type", NO_SUCH), "id_token"),
    "an unknown token": Question(same(LASTS), changes=but(token="nonsense")),
    "an exchanged refresh token": Question(same(ENDED), before=exchanged),
    "a public client's own": Question(same(ENDED), owner="open", sender="open"),
    "another client's refresh token": Question(
        differs(LASTS, "invalid_request", "ours does not tell whose a token is"), sender="other"
    ),
    "another client's, by a public one": Question(same(LASTS), sender="open"),
    "no token": Question(same("invalid_request"), changes=but(token=None)),
    "two tokens": Question(same("invalid_request"), twice="token"),
    "no proof of the client": Question(same("invalid_client"), changes=UNPROVEN),
}
