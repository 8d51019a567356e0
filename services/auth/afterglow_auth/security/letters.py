"""What people are told by mail when they change something about their own account."""

from afterglow_design.languages import lazy

from afterglow_auth.mail.letters import Letter

ACCOUNT_CHANGED = Letter("account_changed", lazy("Something about your account was changed"))
PASSWORD_CHANGED = Letter("password_changed", lazy("The password of your account was changed"))
PASSWORD_REMOVED = Letter("password_removed", lazy("The password of your account was taken away"))
PROGRAM_REMOVED = Letter("program_removed", lazy("You took back what you had allowed a program"))
SIGNED_OUT = Letter("signed_out", lazy("Your account was signed out"))
