"""Every letter that auth sends, by name. A room's letters stand in its own `letters.py`."""

from afterglow_auth.accounts.letters import ACCOUNT_CLOSED
from afterglow_auth.break_glass.letters import RECORD_OPENED, REVIEW_WAITS
from afterglow_auth.care.letters import CARE_CHANGED
from afterglow_auth.consents.letters import PROGRAM_ALLOWED
from afterglow_auth.factor_resets.letters import (
    FACTOR_RESET_ASKED,
    FACTOR_RESET_ASKED_BEFORE,
    FACTOR_RESET_OBJECTED,
    FACTORS_RESET,
)
from afterglow_auth.factors.letters import (
    APP_ADDED,
    APP_REMOVED,
    CODE_USED,
    CODES_GUESSED,
    CODES_MADE,
    PASSKEY_ADDED,
    PASSKEY_REMOVED,
)
from afterglow_auth.links.letters import INVITED, PASSWORD_CHOSEN, PASSWORD_RESET
from afterglow_auth.mail.letters import Letter
from afterglow_auth.notices.letters import MESSAGES, PROMPT
from afterglow_auth.proposals.letters import PROPOSAL_MADE
from afterglow_auth.recovery.letters import FORGOTTEN, FORGOTTEN_CALL
from afterglow_auth.roles.letters import ROLE_CHANGED
from afterglow_auth.security.letters import (
    ACCOUNT_CHANGED,
    PASSWORD_CHANGED,
    PASSWORD_REMOVED,
    PROGRAM_REMOVED,
    SIGNED_OUT,
)
from afterglow_auth.security.notices.letters import NOTICES_ASKED, NOTICES_HERE, NOTICES_NO_LONGER_HERE

LETTERS: dict[str, Letter] = {
    letter.name: letter
    for letter in (
        ACCOUNT_CHANGED,
        ACCOUNT_CLOSED,
        APP_ADDED,
        APP_REMOVED,
        CARE_CHANGED,
        CODES_GUESSED,
        CODES_MADE,
        CODE_USED,
        FACTORS_RESET,
        FACTOR_RESET_ASKED,
        FACTOR_RESET_ASKED_BEFORE,
        FACTOR_RESET_OBJECTED,
        FORGOTTEN,
        FORGOTTEN_CALL,
        INVITED,
        MESSAGES,
        NOTICES_ASKED,
        NOTICES_HERE,
        NOTICES_NO_LONGER_HERE,
        PASSKEY_ADDED,
        PASSKEY_REMOVED,
        PASSWORD_CHANGED,
        PASSWORD_CHOSEN,
        PASSWORD_REMOVED,
        PASSWORD_RESET,
        PROGRAM_ALLOWED,
        PROGRAM_REMOVED,
        PROMPT,
        PROPOSAL_MADE,
        RECORD_OPENED,
        REVIEW_WAITS,
        ROLE_CHANGED,
        SIGNED_OUT,
    )
}
