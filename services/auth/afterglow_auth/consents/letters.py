"""What people are told by mail when a program was allowed in."""

from afterglow_design.languages import lazy

from afterglow_auth.mail.letters import Letter

PROGRAM_ALLOWED = Letter("program_allowed", lazy("A program was allowed to use your account"))
